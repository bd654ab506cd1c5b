#include "record/json_text.h"

#include <fmt/format.h>

#include <algorithm>
#include <concepts>
#include <map>
#include <set>
#include <stdexcept>
#include <type_traits>
#include <utility>
#include <vector>

#include "base/number.h"
#include "record/json.h"
#include "record/run_description.h"
#include "record/trial_description.h"

namespace unrig::record {
namespace {

/// Where in a document a value stands: made text only when something is wrong there.
struct Path {
  const Path* outer = nullptr;
  std::string_view key = {};
  std::size_t index = 0;  ///< in a list, where there is no key

  [[nodiscard]] std::string text() const {
    if (outer == nullptr) return {};
    const std::string before = outer->text();
    if (key.empty()) return before + "[" + std::to_string(index) + "]";
    return before.empty() ? std::string(key) : before + "." + std::string(key);
  }
};

/// What ends the reading of a document; caught where that began.
struct Wrong : std::runtime_error {
  Wrong(const Path& at, const std::string& what)
      : runtime_error((at.outer == nullptr ? "it" : at.text()) + " " + what) {}
};

constexpr const char* none_of_its_words = "is none of the words that it can be";

/// The visitor that reads. A value of the wrong type is an error; keys that nobody describes are
/// passed over.
class Reader {
 public:
  Reader(const Json& object, const Path& at) : object_(object), at_(at) {
    if (!object.is_object()) throw Wrong(at, "is no object");
  }

  template <class T>
  void field(const char* name, T&& into, Mark mark = Mark::always) {
    const Path at{&at_, name};
    if (const auto found = object_.find(name); found != object_.end()) {
      read(*found, into, at);
    } else if (mark == Mark::always && !is_optional(into)) {
      throw Wrong(at, "is missing");
    }
  }
  template <class T>
  void field(const char* name, Reading<T>& into, Mark = Mark::always) {
    // What later versions added nobody looked at: as in a new reading.
    std::optional<T> value;
    field(name, value);
    const auto reason = std::ranges::find(reasons_, name, &Pairs::value_type::first);
    if (value) {
      into = *std::move(value);
    } else if (reason != reasons_.end()) {
      into = Reading<T>::not_checked(reason->second);
    }
  }
  void derived(const char*, const auto&) {}
  void group(const char* name, const auto& members) {
    const Path at{&at_, name};
    const auto found = object_.find(name);
    if (found == object_.end()) throw Wrong(at, "is missing");
    Reader reader(*found, at);
    members(reader);
  }
  template <class Key, class Value>
  void entry(Key key, std::map<Key, Value>& map, const auto& members) {
    const std::string name(to_text(key));
    if (!object_.contains(name)) return;
    group(name.c_str(), [&](Reader& inner) { members(inner, map[key]); });
  }
  void readings(const auto& members) {
    field("not_checked", reasons_);
    members(*this);
  }

  template <class T>
  static void read(const Json& json, T& into, const Path& at) {
    if constexpr (std::is_enum_v<T>) {
      const auto& values = Description<T>::values;
      const auto found =
          std::ranges::find(values, text_of(json, at), [](T v) { return to_text(v); });
      if (found == values.end()) throw Wrong(at, none_of_its_words);
      into = *found;
    } else if constexpr (Described<T>) {
      Reader reader(json, at);
      Description<T>::visit(reader, into);
    } else if constexpr (std::same_as<T, std::string>) {
      into = text_of(json, at);
    } else if constexpr (std::same_as<T, bool>) {
      if (!json.is_boolean()) throw Wrong(at, "is neither true nor false");
      into = json.template get<bool>();
    } else if constexpr (std::floating_point<T>) {
      if (!json.is_number()) throw Wrong(at, "is no number");
      into = json.template get<T>();
    } else {
      static_assert(std::integral<T>);
      into = whole<T>(json, at);
    }
  }
  template <class T>
  static void read(const Json& json, std::optional<T>& into, const Path& at) {
    into.reset();
    if (!json.is_null()) read(json, into.emplace(), at);
  }
  template <class T>
  static void read(const Json& json, std::vector<T>& into, const Path& at) {
    if (!json.is_array()) throw Wrong(at, "is no list");
    into.resize(json.size());
    for (std::size_t i = 0; i < into.size(); ++i) read(json[i], into[i], {&at, {}, i});
  }
  template <class T>
  static void read(const Json& json, std::set<T>& into, const Path& at) {
    std::vector<T> items;
    read(json, items, at);
    into = std::set<T>(items.begin(), items.end());
  }
  static void read(const Json& json, Pairs& into, const Path& at) {
    into.clear();
    for (const auto& [name, value] : Reader(json, at).object_.items())
      into.emplace_back(name, text_of(value, {&at, name}));
  }
  static void read(const Json& json, std::map<int, std::uint64_t>& into, const Path& at) {
    into.clear();
    for (const auto& [name, value] : Reader(json, at).object_.items()) {
      const auto key = to_number<int>(name);
      if (!key) throw Wrong({&at, name}, "is no number");
      into[*key] = whole<std::uint64_t>(value, {&at, name});
    }
  }
  template <class T>
  static void read(const Json& json, OrNull<T>& field, const Path& at) {
    if (!json.is_null()) read(json, field.value, at);
  }
  template <class T>
  static void read(const Json& json, OrNotChecked<T>& field, const Path& at) {
    if (json != Json(text_of_not_checked)) read(json, field.value.emplace(), at);
  }
  template <class T>
  static void read(const Json& json, NullUnless<T>& field, const Path& at) {
    if (!json.is_null()) read(json, field.value, at);
  }
  template <class T>
  static void read(const Json& json, EitherWord<T>& field, const Path& at) {
    const std::string& word = text_of(json, at);
    field.value = word == field.if_true;
    if (!field.value && word != field.if_false) throw Wrong(at, none_of_its_words);
  }
  template <class T>
  static void read(const Json& json, ByFailure<T>& field, const Path& at) {
    Reader reader(json, at);
    // Classes that came later are not in older records.
    for (std::size_t i = 0; i < field.counts.size(); ++i)
      reader.field(field.name(i).c_str(), field.counts[i], Mark::later);
  }
  template <class T>
  static void read(const Json& json, Steps<T>& field, const Path& at) {
    std::vector<std::uint64_t> completed;
    std::vector<double> mean_us;
    Reader reader(json, at);
    reader.field("completed", completed);
    reader.field("mean_us", mean_us);
    if (completed.size() != mean_us.size()) throw Wrong(at, "has lists of different lengths");
    field.steps.resize(completed.size());
    for (std::size_t i = 0; i < completed.size(); ++i)
      field.steps[i] = {.completed = completed[i], .mean_response_us = mean_us[i]};
  }

 private:
  /// Records of earlier versions have fewer figures.
  static constexpr bool is_optional(const auto&) { return false; }
  template <class T>
  static constexpr bool is_optional(const std::optional<T>&) {
    return true;
  }
  static const std::string& text_of(const Json& json, const Path& at) {
    if (!json.is_string()) throw Wrong(at, "is no text");
    return json.get_ref<const std::string&>();
  }
  template <std::integral T>
  static T whole(const Json& json, const Path& at) {
    if (!json.is_number_integer()) throw Wrong(at, "is no whole number");
    const bool fits = json.is_number_unsigned() ? std::in_range<T>(json.get<std::uint64_t>())
                                                : std::in_range<T>(json.get<std::int64_t>());
    if (!fits) throw Wrong(at, "is out of range");
    return json.get<T>();
  }

  const Json& object_;
  const Path& at_;
  Pairs reasons_;  ///< of readings, by name
};

/// Runs of earlier versions told by labels and numbers of workers what roles and knobs tell now.
void add_roles_of_earlier(Manifest& manifest) {
  std::set<int> numbers;
  for (Cell& cell : manifest.cells) {
    if (cell.label == manifest.baseline + " (again)") cell.role = Role::baseline_double;
    const Cell& first = manifest.cells.front();
    if (same_stack(cell, first)) numbers.insert(cell.workers);
  }
  if (numbers.size() < 2 || numbers.size() != manifest.cells.size()) return;
  for (Cell& cell : manifest.cells) {
    const bool is_async = cell.concurrency.starts_with("async");
    cell.role = Role::grid_step;
    cell.knobs = {{is_async ? "workers.async" : "workers.sync", std::to_string(cell.workers)}};
  }
}

template <class T>
Result<T> read_text(std::string_view text, const char* what) {
  T record;
  try {
    const Json json = Json::parse(text);
    const Path top;
    Reader::read(json, record, top);
    if constexpr (std::same_as<T, Manifest>) {
      const bool of_earlier = std::ranges::none_of(
          json.at("cells"), [](const Json& cell) { return cell.contains("role"); });
      if (of_earlier) add_roles_of_earlier(record);
    }
  } catch (const Json::exception& error) {
    return fail(ErrorKind::internal, fmt::format("a stored {} is no JSON: {}", what, error.what()));
  } catch (const Wrong& wrong) {
    return fail(ErrorKind::internal, fmt::format("of a stored {}, {}", what, wrong.what()));
  }
  return record;
}

}  // namespace

std::string json_text(const Trial& trial) {
  return dump(to_json(trial));
}

std::string json_text(const Manifest& manifest) {
  return dump(to_json(manifest));
}

Result<Trial> trial_from_json(std::string_view text) {
  return read_text<Trial>(text, "trial");
}

Result<Manifest> manifest_from_json(std::string_view text) {
  return read_text<Manifest>(text, "manifest");
}

}  // namespace unrig::record
