#include "record/json.h"

#include <cmath>
#include <concepts>
#include <set>
#include <type_traits>
#include <utility>
#include <vector>

#include "record/check_description.h"
#include "record/examination_description.h"
#include "record/gate_description.h"
#include "record/run_description.h"
#include "record/trial_description.h"

namespace unrig::record {
namespace {

/// The visitor that writes.
class Writer {
 public:
  explicit Writer(Json& object) : object_(object) {}

  void field(const char* name, const auto& value, Mark = Mark::always) { put(name, of(value)); }
  template <class T>
  void field(const char* name, const Reading<T>& reading, Mark = Mark::always) {
    put(name, of(reading.value()));
    if (!reading) reasons_[name] = reading.why();
  }
  void derived(const char* name, const auto& value) { put(name, of(value)); }
  void group(const char* name, const auto& members) {
    Json inner = Json::object();
    Writer writer(inner);
    members(writer);
    put(name, std::move(inner));
  }
  template <class Key, class Value>
  void entry(Key key, const std::map<Key, Value>& map, const auto& members) {
    const auto found = map.find(key);
    if (found == map.end()) return;
    const std::string name(to_text(key));
    group(name.c_str(), [&](Writer& inner) { members(inner, found->second); });
  }
  void readings(const auto& members) {
    members(*this);
    put("not_checked", std::exchange(reasons_, Json::object()));
  }

  template <class T>
  static Json of(const T& value) {
    if constexpr (std::is_enum_v<T>) {
      return to_text(value);
    } else if constexpr (Described<T>) {
      Json object = Json::object();
      Writer writer(object);
      Description<T>::visit(writer, value);
      return object;
    } else {
      return value;
    }
  }
  template <class T>
  static Json of(const std::optional<T>& value) {
    return value ? of(*value) : Json(nullptr);
  }
  template <class T>
  static Json of(const std::vector<T>& items) {
    Json list = Json::array();
    for (const T& item : items) list.push_back(of(item));
    return list;
  }
  template <class T>
  static Json of(const std::set<T>& items) {
    Json list = Json::array();
    for (const T& item : items) list.push_back(of(item));
    return list;
  }
  static Json of(const Pairs& pairs) {
    Json object = Json::object();
    for (const auto& [name, value] : pairs) object[name] = value;
    return object;
  }
  static Json of(const std::map<int, std::uint64_t>& counts) {
    Json object = Json::object();
    for (const auto& [key, count] : counts) object[std::to_string(key)] = count;
    return object;
  }
  template <class T>
  static Json of(const OrNull<T>& field) {
    return field.value == std::remove_const_t<T>{} ? Json(nullptr) : of(field.value);
  }
  template <class T>
  static Json of(const OrNotChecked<T>& field) {
    return field.value ? of(*field.value) : Json(text_of_not_checked);
  }
  template <class T>
  static Json of(const NullUnless<T>& field) {
    return field.known ? of(field.value) : Json(nullptr);
  }
  template <class T>
  static Json of(const EitherWord<T>& field) {
    return field.value ? field.if_true : field.if_false;
  }
  template <class T>
  static Json of(const ByFailure<T>& field) {
    Json object = Json::object();
    for (std::size_t i = 0; i < field.counts.size(); ++i) object[field.name(i)] = field.counts[i];
    return object;
  }
  template <class T>
  static Json of(const Steps<T>& field) {
    Json completed = Json::array();
    Json mean_us = Json::array();
    for (const auto& step : field.steps) {
      completed.push_back(step.completed);
      mean_us.push_back(std::llround(step.mean_response_us));
    }
    return {{"seconds", unrig::seconds(tally::step_length)},
            {"completed", std::move(completed)},
            {"mean_us", std::move(mean_us)}};
  }

 private:
  void put(const char* name, Json value) { object_[name] = std::move(value); }

  Json& object_;
  Json reasons_ = Json::object();  ///< of readings so far, by name
};

}  // namespace

Json to_json(const tally::Counts& counts) {
  return Writer::of(counts);
}
Json failures_to_json(const tally::Counts& counts) {
  return Writer::of(ByFailure{counts.failed_by});
}
Json statuses_to_json(const std::map<int, std::uint64_t>& statuses) {
  return Writer::of(statuses);
}
Json to_json(const Limiter& limiter) {
  return Writer::of(limiter);
}
Json to_json(const Trial& trial) {
  return Writer::of(trial);
}
Json to_json(const NotChecked& figure) {
  return Writer::of(figure);
}
Json to_json(const Claim& claim) {
  return Writer::of(claim);
}
Json to_json(const Audit& audit) {
  return Writer::of(audit);
}
Json to_json(const Pairs& pairs) {
  return Writer::of(pairs);
}
Json to_json(const Manifest& manifest) {
  return Writer::of(manifest);
}
Json to_json(const std::vector<JudgedGate>& gates) {
  return Writer::of(gates);
}
Json to_json(const Finding& finding) {
  return Writer::of(finding);
}
Json to_json(const Examination& seen) {
  Json json;
  json["schema"] = "unrig.doctor/1";
  json.update(Writer::of(seen));
  return json;
}
Json to_json(const Check& check) {
  Json json;
  json["schema"] = "unrig.check/1";
  json.update(Writer::of(check));
  return json;
}

std::string dump(const Json& document, int indent) {
  return document.dump(indent, ' ', false, Json::error_handler_t::replace);
}

}  // namespace unrig::record
