/// \file
/// Every record of a run is described once: its keys in JSON, in their order, and what stands
/// behind each. What writes records, reads them and knows their schema are visitors of these
/// descriptions: record/trial_description.h, record/run_description.h.
///
/// A visitor has
///   field(name, value, mark)   one key
///   derived(name, value)       a key that is only written: it follows from the others
///   group(name, members)       an object that has no struct of its own: calls members(visitor)
///   entry(key, map, members)   an object where the map has the key, whose text is its name: calls
///                              members(visitor, value)
///   readings(members)          calls members(visitor); after them stands `not_checked`, which has
///                              the reason of each Reading among them without a value, by its name
///
/// Names, order and nesting are a contract (docs/schema/): they only grow. What is added is
/// `later`.
#pragma once

#include <array>
#include <string>

#include "record/record.h"

namespace unrig::record {

enum class Mark {
  always,
  later,  ///< records of earlier versions lack it; the field's default stands for it
};

/// \name Values that look different in JSON
/// @{
/// Null where it has its default: 0, an empty text, nothing.
template <class T>
struct OrNull {
  T& value;
};
/// `text_of_not_checked` where it is not set.
template <class T>
struct OrNotChecked {
  T& value;
};
inline constexpr const char* text_of_not_checked = "not checked";
/// Null where `known` is false.
template <class T>
struct NullUnless {
  bool known;
  T& value;
};
/// One of two words.
template <class T>
struct EitherWord {
  T& value;
  const char* if_true;
  const char* if_false;
};
/// An object with a key for each class.
template <class T>
struct ByFailure {
  T& counts;
  static std::string name(std::size_t index) {
    return std::string(to_text(static_cast<tally::Failure>(index)));
  }
};
/// Two lists instead of a list of objects, because there are many, in whole microseconds.
template <class T>
struct Steps {
  T& steps;
};
template <class T>
OrNull(T&) -> OrNull<T>;
template <class T>
OrNotChecked(T&) -> OrNotChecked<T>;
template <class T>
NullUnless(bool, T&) -> NullUnless<T>;
template <class T>
EitherWord(T&, const char*, const char*) -> EitherWord<T>;
template <class T>
ByFailure(T&) -> ByFailure<T>;
template <class T>
Steps(T&) -> Steps<T>;
/// @}

/// `Description<R>::visit(visitor, record)` for each record, const to be written or not to be read;
/// `Description<E>::values` for each enum, whose texts are those of to_text().
template <class T>
struct Description;
template <class T>
concept Described = requires {
  sizeof(Description<T>);
};

}  // namespace unrig::record
