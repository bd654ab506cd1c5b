// Holds docs/schema/unrig.run-1.json to the descriptions of the records: every key is in it with
// the types that it can have, and no key that is in it is missing here. What the schema says beyond
// that (the words of a limiter, figures that are never negative) is its own.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>

#include "base/file.h"
#include "record/check_description.h"
#include "record/examination_description.h"
#include "record/gate_description.h"
#include "record/json.h"
#include "record/run_description.h"
#include "record/trial_description.h"

namespace unrig::record {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Types = std::set<std::string>;
using Offences = std::vector<std::string>;

/// Of a value as it is written.
template <class T>
struct TypesOf {
  static Types get() {
    if constexpr (std::same_as<T, bool>) return {"boolean"};
    if constexpr (std::integral<T>) return {"integer"};
    if constexpr (std::floating_point<T>) return {"number"};
    if constexpr (std::same_as<T, std::string> || std::is_enum_v<T>) return {"string"};
    return {"object"};
  }
};
template <class T>
Types with(std::string other) {
  Types types = TypesOf<T>::get();
  types.insert(std::move(other));
  return types;
}
template <class T>
struct TypesOf<std::vector<T>> {
  static Types get() { return {"array"}; }
};
template <class T>
struct TypesOf<std::set<T>> {
  static Types get() { return {"array"}; }
};
template <class T>
struct TypesOf<EitherWord<T>> {
  static Types get() { return {"string"}; }
};
template <>
struct TypesOf<Pairs> {
  static Types get() { return {"object"}; }
};
template <class T>
struct TypesOf<std::optional<T>> {
  static Types get() { return with<T>("null"); }
};
template <class T>
struct TypesOf<Reading<T>> {
  static Types get() { return with<T>("null"); }
};
template <class T>
struct TypesOf<OrNull<T>> {
  static Types get() { return with<T>("null"); }
};
template <class T>
struct TypesOf<NullUnless<T>> {
  static Types get() { return with<T>("null"); }
};
template <class T>
struct TypesOf<OrNotChecked<std::optional<T>>> {
  static Types get() { return with<T>("string"); }
};

/// A visitor that compares a description with a part of the published schema, and says where they
/// differ.
class Comparison {
 public:
  Comparison(const Json& root, const Json& schema, std::string path, Offences& offences)
      : root_(root), schema_(resolved(schema)), path_(std::move(path)), offences_(offences) {}

  template <class T>
  void field(const char* name, const T& value, Mark = Mark::always) {
    const Json* published = found(name);
    if (published == nullptr) return;
    Types types = types_in(*published);
    const Types own = TypesOf<T>::get();
    if (types.contains("null") && !own.contains("null")) offend(name, "is never null");
    if (types.contains("number")) types.insert("integer");
    for (const std::string& type : own) {
      if (!types.contains(type)) offend(name, "is published without the type " + type);
    }
    enter(name, *published, value);
  }
  void derived(const char* name, const auto& value) { field(name, value); }
  void group(const char* name, const auto& members) {
    const Json* published = found(name);
    if (published == nullptr) return;
    Comparison inner(root_, *published, path_ + name + ".", offences_);
    members(inner);
    inner.nothing_else();
  }
  template <class Key, class Value>
  void entry(Key key, const std::map<Key, Value>&, const auto& members) {
    Value sample{};
    group(std::string(to_text(key)).c_str(), [&](auto& inner) { members(inner, sample); });
  }
  void readings(const auto& members) {
    members(*this);
    field("not_checked", Pairs{});
  }
  /// Everything that the schema names or requires here has been described, or is in `beside`.
  void nothing_else(const std::set<std::string>& beside = {}) {
    for (const auto& part : parts()) {
      const Json properties = part->value("properties", Json::object());
      for (const auto& [name, schema] : properties.items()) {
        if (!described_.contains(name) && !beside.contains(name)) offend(name, "is not written");
      }
      for (const auto& name : part->value("required", std::vector<std::string>{})) {
        if (!described_.contains(name) && !beside.contains(name))
          offend(name, "is required and not written");
      }
    }
  }

 private:
  template <class T>
  void enter(const char* name, const Json& published, const T&) {
    if constexpr (requires { Description<T>::values; }) {
      Types words;
      for (const T word : Description<T>::values) words.emplace(to_text(word));
      if (resolved(published).value("enum", Types{}) != words) offend(name, "has other words");
    } else if constexpr (Described<T>) {
      Comparison inner(root_, published, path_ + name + ".", offences_);
      T sample{};
      Description<T>::visit(inner, sample);
      inner.nothing_else();
    }
  }
  template <class T>
  void enter(const char* name, const Json& published, const std::vector<T>&) {
    if (const Json& list = resolved(published); list.contains("items"))
      enter(name, list.at("items"), T{});
  }
  template <class T>
  void enter(const char* name, const Json& published, const std::set<T>&) {
    enter(name, published, std::vector<T>{});
  }
  template <class T>
  void enter(const char* name, const Json& published, const std::optional<T>&) {
    enter(name, published, T{});
  }
  template <class T>
  void enter(const char* name, const Json& published, const OrNull<T>& field) {
    enter(name, published, field.value);
  }
  template <class T>
  void enter(const char* name, const Json& published, const NullUnless<T>& field) {
    enter(name, published, field.value);
  }
  template <class T>
  void enter(const char* name, const Json& published, const EitherWord<T>& field) {
    if (resolved(published).value("enum", Types{}) != Types({field.if_true, field.if_false}))
      offend(name, "has other words");
  }
  /// Cells are published with what the trials say of them: what becomes of these is report's.
  void enter(const char*, const Json&, const std::vector<Cell>&) {}

  void offend(const std::string& name, const std::string& what) {
    offences_.push_back(path_ + name + ' ' + what);
  }
  const Json& resolved(const Json& schema) const {
    if (!schema.contains("$ref")) return schema;
    const auto pointer = schema.at("$ref").get<std::string>().substr(1);
    return root_.at(Json::json_pointer(pointer));
  }
  [[nodiscard]] std::vector<const Json*> parts() const {
    std::vector<const Json*> all{&schema_};
    if (schema_.contains("allOf"))
      for (const Json& part : schema_.at("allOf")) all.push_back(&resolved(part));
    return all;
  }
  const Json* found(const char* name) {
    described_.insert(name);
    for (const Json* part : parts()) {
      if (part->contains("properties") && part->at("properties").contains(name))
        return &part->at("properties").at(name);
    }
    for (const Json* part : parts()) {
      if (part->contains("additionalProperties") && part->at("additionalProperties").is_object())
        return &part->at("additionalProperties");
    }
    offend(name, "is not published");
    return nullptr;
  }
  [[nodiscard]] Types types_in(const Json& published) const {
    const Json& schema = resolved(published);
    Types types;
    const auto add_type_of = [&](const Json& value) {
      types.insert(value.is_null()      ? "null"
                   : value.is_boolean() ? "boolean"
                   : value.is_string()  ? "string"
                                        : "number");
    };
    if (schema.contains("type")) {
      const Json& type = schema.at("type");
      if (type.is_string()) types.insert(type.get<std::string>());
      if (type.is_array())
        for (const Json& each : type) types.insert(each.get<std::string>());
    }
    if (schema.contains("enum"))
      for (const Json& value : schema.at("enum")) add_type_of(value);
    if (schema.contains("const")) add_type_of(schema.at("const"));
    for (const char* several : {"anyOf", "allOf"}) {
      if (!schema.contains(several)) continue;
      for (const Json& each : schema.at(several)) types.merge(types_in(each));
    }
    return types;
  }

  const Json& root_;
  const Json& schema_;
  std::string path_;
  Offences& offences_;
  std::set<std::string> described_;
};

class SchemaTest : public ::testing::Test {
 protected:
  void SetUp() override { use("unrig.run-1.json"); }
  void use(const char* name) {
    const auto text = read_file(std::filesystem::path(UNRIG_SCHEMAS) / name);
    ASSERT_TRUE(text) << text.error().what;
    root_ = Json::parse(*text);
  }
  /// `beside`: what the schema has that others write.
  template <class T>
  Offences offences(const Json& schema, const std::set<std::string>& beside = {}) const {
    Offences found;
    Comparison comparison(root_, schema, "", found);
    T sample{};
    Description<T>::visit(comparison, sample);
    comparison.nothing_else(beside);
    return found;
  }
  [[nodiscard]] Json& definition(const char* name) { return root_.at("definitions").at(name); }
  [[nodiscard]] Offences of_trial() {
    // Only `unrig show --trial N` adds histograms to a trial.
    return offences<Trial>(definition("trial"), {"histograms"});
  }
  [[nodiscard]] Offences of_manifest() const {
    // Beside the manifest a run has its trials and what was found in them.
    return offences<Manifest>(
        root_, {"schema", "trials", "sentence", "advice", "tuning", "grid", "changes", "intervals",
                "noise_floor", "findings", "gates", "machine"});
  }
  Json root_;
};

TEST_F(SchemaTest, HasATrialAsItIsWritten) {
  EXPECT_THAT(of_trial(), IsEmpty());
}

TEST_F(SchemaTest, HasWhatACellFoundAsItIsWritten) {
  EXPECT_THAT(offences<Claim>(definition("claim")), IsEmpty());
  EXPECT_THAT(offences<Audit>(definition("audit")), IsEmpty());
}

TEST_F(SchemaTest, HasTheManifestAsItIsWritten) {
  EXPECT_THAT(of_manifest(), IsEmpty());
}

// Each way in which they can part, once: else the tests above might say nothing.
TEST_F(SchemaTest, PartsFromTheRecordsVisibly) {
  const Json whole = root_;
  const auto of_broken = [&](const char* pointer, const char* text) {
    const Json changed = Json::parse(text);
    root_ = whole;
    Json& place = root_.at(Json::json_pointer(pointer));
    place.is_array() ? place.push_back(changed) : place.update(changed);
    Offences all = of_trial();
    const Offences more = of_manifest();
    all.insert(all.end(), more.begin(), more.end());
    return all;
  };
  const auto of_missing = [&](const char* pointer, const char* key) {
    root_ = whole;
    root_.at(Json::json_pointer(pointer)).erase(key);
    return of_trial();
  };
  constexpr auto trial = "/definitions/trial/properties";
  EXPECT_THAT(of_missing(trial, "block"), ElementsAre("block is not published"));
  EXPECT_THAT(of_missing("/definitions/verdict/properties", "valid"),
              ElementsAre("verdict.valid is not published"));
  EXPECT_THAT(of_broken(trial, R"({"ghost": {"type": "string"}})"),
              ElementsAre("ghost is not written"));
  EXPECT_THAT(of_broken("/definitions/trial/required", R"("ghost")"),
              ElementsAre("ghost is required and not written"));
  EXPECT_THAT(of_broken(trial, R"({"block": {"type": "string"}})"),
              ElementsAre("block is published without the type integer"));
  EXPECT_THAT(of_broken(trial, R"({"label": {"type": ["string", "null"]}})"),
              ElementsAre("label is never null"));
  EXPECT_THAT(of_broken("/properties", R"({"python": {"type": "string"}})"),
              ElementsAre("python is published without the type null"));
  EXPECT_THAT(of_broken(trial, R"({"purpose": {"enum": ["planned"]}})"),
              ElementsAre("purpose has other words"));
  EXPECT_THAT(of_broken("/definitions/trial/properties/conditions/properties/loop",
                        R"({"enum": ["open"]})"),
              ElementsAre("conditions.loop has other words"));
}

TEST_F(SchemaTest, HasAGateAsItIsWrittenInEveryRecordThatHasSome) {
  for (const char* name : {"unrig.run-1.json", "unrig.compare-1.json", "unrig.load-1.json"}) {
    use(name);
    EXPECT_THAT(offences<JudgedGate>(definition("gate")), IsEmpty()) << name;
  }
}

TEST_F(SchemaTest, HasEveryLimiter) {
  EXPECT_EQ(root_.at("/definitions/limiter_name/enum"_json_pointer).get<Types>(),
            Types(limiter_names.begin(), limiter_names.end()));
}

TEST_F(SchemaTest, HasAnExaminationAsItIsWritten) {
  use("unrig.doctor-1.json");
  EXPECT_THAT(offences<Examination>(root_, {"schema"}), IsEmpty());
  root_.at("/definitions/finding/properties/gravity/enum"_json_pointer).erase(std::size_t{0});
  EXPECT_THAT(offences<Examination>(root_, {"schema"}),
              ElementsAre("findings.gravity has other words"));
}

TEST_F(SchemaTest, HasACheckAsItIsWritten) {
  use("unrig.check-1.json");
  EXPECT_THAT(offences<Check>(root_, {"schema"}), IsEmpty());
  root_.at("/definitions/outcome/enum"_json_pointer).erase(std::size_t{0});
  EXPECT_THAT(offences<Check>(root_, {"schema"}),
              ElementsAre("stacks.outcome has other words", "stacks.points.outcome has other words",
                          "outcome has other words"));
}

TEST_F(SchemaTest, HasAFindingOfARunAsItIsWritten) {
  EXPECT_THAT(offences<Finding>(definition("machine_finding"), {"labels"}), IsEmpty());
}

TEST_F(SchemaTest, HasEveryRoleOfACell) {
  Types roles;
  for (const Role role : Description<Role>::values) roles.emplace(to_text(role));
  EXPECT_EQ(root_.at("/definitions/cell/properties/role/enum"_json_pointer).get<Types>(), roles);
}

}  // namespace
}  // namespace unrig::record
