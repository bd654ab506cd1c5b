/// \file
/// What tools/mutate.py writes in the place of the code that it breaks: each broken place takes the
/// right way or the wrong one by a number in the environment, so that one build has all mutants of
/// a module. An operator in two halves (`a <Less<7>{}< b`) keeps precedence and types as they are.
///
/// MUTANT: the number of the broken place; none is broken without it. MUTANTS_TOLD: a file to which
/// a line is added for each place that is reached ("reached 7"), or whose wrong way would not
/// compile ("impossible 7").
#pragma once

// Assertions count in the file that is broken, whatever the build leaves out.
#undef NDEBUG
#include <algorithm>
#include <cassert>
#include <cmath>
#include <concepts>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace mutate {

inline bool tell(const char* what, int id) {
  if (const char* path = std::getenv("MUTANTS_TOLD")) {
    if (std::FILE* file = std::fopen(path, "a")) {
      std::fprintf(file, "%s %d\n", what, id);
      std::fclose(file);
    }
  }
  return true;
}

inline const int active = [] {
  const char* number = std::getenv("MUTANT");
  return number ? std::atoi(number) : 0;
}();

/// Whether this place takes the wrong way.
template <int Id>
bool on() {
  [[maybe_unused]] static const bool told = tell("reached", Id);
  return active == Id;
}

/// Tells before main() that this place has no wrong way.
template <int Id>
struct Impossible {
  static inline const bool told = tell("impossible", Id);
};

// Left to right: `a op Name<7>{}` remembers a, `… op b` does it.
#define MUTATE_BINARY(Name, op, wrong)                                                           \
  template <int Id>                                                                              \
  struct Name {};                                                                                \
  template <class A, int Id>                                                                     \
  struct Name##Left {                                                                            \
    A&& a;                                                                                       \
  };                                                                                             \
  template <class A, int Id>                                                                     \
  Name##Left<A, Id> operator op(A&& a, Name<Id>) {                                               \
    return {std::forward<A>(a)};                                                                 \
  }                                                                                              \
  template <class A, int Id, class B>                                                            \
  auto operator op(Name##Left<A, Id> left, B&& b)                                                \
      ->decltype(std::forward<A>(left.a) op std::forward<B>(b)) {                                \
    using Value = decltype(std::forward<A>(left.a) op std::forward<B>(b));                       \
    if constexpr (requires {                                                                     \
                    {                                                                            \
                      std::forward<A>(left.a) wrong std::forward<B>(b)                           \
                      } -> std::convertible_to<Value>;                                           \
                  }) {                                                                           \
      if (on<Id>()) return static_cast<Value>(std::forward<A>(left.a) wrong std::forward<B>(b)); \
    } else {                                                                                     \
      (void)Impossible<Id>::told;                                                                \
    }                                                                                            \
    return std::forward<A>(left.a) op std::forward<B>(b);                                        \
  }

MUTATE_BINARY(Less, <, <=)
MUTATE_BINARY(LessEqual, <=, <)
MUTATE_BINARY(Greater, >, >=)
MUTATE_BINARY(GreaterEqual, >=, >)
MUTATE_BINARY(Equal, ==, !=)
MUTATE_BINARY(NotEqual, !=, ==)
MUTATE_BINARY(Plus, +, -)
MUTATE_BINARY(Minus, -, +)
MUTATE_BINARY(Times, *, /)
MUTATE_BINARY(Over, /, *)
MUTATE_BINARY(Rest, %, *)
MUTATE_BINARY(ShiftLeft, <<, >>)
MUTATE_BINARY(ShiftRight, >>, <<)
MUTATE_BINARY(And, &, |)
MUTATE_BINARY(Or, |, &)
MUTATE_BINARY(ExclusiveOr, ^, &)

// Right to left: `Name<7>{} = b` remembers b, `a op …` does it.
#define MUTATE_ASSIGN(Name, op, wrong)                                               \
  template <class B, int Id>                                                         \
  struct Name##Right {                                                               \
    B&& b;                                                                           \
  };                                                                                 \
  template <int Id>                                                                  \
  struct Name {                                                                      \
    template <class B>                                                               \
    Name##Right<B, Id> operator=(B&& b) const {                                      \
      return {std::forward<B>(b)};                                                   \
    }                                                                                \
  };                                                                                 \
  template <class A, class B, int Id>                                                \
  decltype(auto) operator op(A&& a, Name##Right<B, Id> right) {                      \
    if constexpr (requires { std::forward<A>(a) wrong std::forward<B>(right.b); }) { \
      if (on<Id>()) return std::forward<A>(a) wrong std::forward<B>(right.b);        \
    } else {                                                                         \
      (void)Impossible<Id>::told;                                                    \
    }                                                                                \
    return std::forward<A>(a) op std::forward<B>(right.b);                           \
  }

MUTATE_ASSIGN(PlusAssign, +=, -=)
MUTATE_ASSIGN(MinusAssign, -=, +=)
MUTATE_ASSIGN(TimesAssign, *=, /=)
MUTATE_ASSIGN(OverAssign, /=, *=)
MUTATE_ASSIGN(OrAssign, |=, &=)
MUTATE_ASSIGN(AndAssign, &=, |=)
MUTATE_ASSIGN(ShiftRightAssign, >>=, <<=)
MUTATE_ASSIGN(ShiftLeftAssign, <<=, >>=)

/// `!x` as a cast, which binds as closely.
template <int Id>
struct Not {
  bool value;
  template <class T>
  explicit Not(T&& x) : value(static_cast<bool>(x) == on<Id>()) {}
  operator bool() const { return value; }
};

template <int Id, class T>
bool flip(T&& condition) {
  return static_cast<bool>(condition) != on<Id>();
}

template <int Id>
bool truth(bool value) {
  return value != on<Id>();
}

template <int Id, class T>
T number(T value) {
  return on<Id>() ? static_cast<T>(value + 1) : value;
}

#define MUTATE_CALL(name, right, wrong)                                                            \
  template <int Id, class... T>                                                                    \
  decltype(auto) name(T&&... arguments) {                                                          \
    return on<Id>() ? wrong(std::forward<T>(arguments)...) : right(std::forward<T>(arguments)...); \
  }

MUTATE_CALL(min, std::min, std::max)
MUTATE_CALL(max, std::max, std::min)
MUTATE_CALL(floor, std::floor, std::ceil)
MUTATE_CALL(ceil, std::ceil, std::floor)
MUTATE_CALL(any_of, std::ranges::any_of, std::ranges::all_of)
MUTATE_CALL(all_of, std::ranges::all_of, std::ranges::any_of)
MUTATE_CALL(lower_bound, std::ranges::lower_bound, std::ranges::upper_bound)
MUTATE_CALL(upper_bound, std::ranges::upper_bound, std::ranges::lower_bound)

}  // namespace mutate
