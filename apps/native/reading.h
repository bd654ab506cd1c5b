/// \file
/// What one request needs of the database: a turn, a connection and a row. The same for every
/// model; only the waiting is the model's.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <utility>

#include "connection.h"
#include "pool.h"
#include "row.h"
#include "settings.h"

namespace application {

/// `Model` has what a Pool asks for, and
///   - `std::unique_ptr<Link> link()`, which is not open yet, with a member `connection`;
///   - `Signal signal()`;
///   - `const Settings& settings()`;
///   - `Pool<Model>& pool()`.
template <typename Model>
class Reading {
 public:
  /// The model must outlive it.
  Reading(Model& model, std::int32_t a) : model_(model), signal_(model.signal()), a_(a) {}
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;
  /// Gives the connection back, or closes it. Not while it waits for its turn.
  ~Reading() {
    if (!has_place_) return;
    if (link_ && !link_->connection.idle()) link_.reset();
    model_.pool().leave_place(std::move(link_));
  }

  /// Goes on. To be called again when what it says has happened; `nothing`: there is the row.
  [[nodiscard]] Wait go_on() {
    switch (model_.settings().source) {
      case Source::made_up:
        return Wait::nothing;
      case Source::pooled:
        if (!has_place_) {
          has_place_ = true;  // at the next call in any case
          if (!model_.pool().take_place(signal_)) return Wait::turn;
        }
        if (!link_) link_ = model_.pool().take_idle();
        break;
      case Source::per_request:
        break;
    }
    if (!link_) link_ = model_.link();
    return link_->connection.read(a_);
  }

  /// After `nothing`.
  [[nodiscard]] Row row() const { return link_ ? link_->connection.row() : made_up(a_); }

  /// \name What go_on() says to wait for
  /// @{
  [[nodiscard]] typename Model::Signal& signal() { return signal_; }
  [[nodiscard]] typename Model::Link& link() { return *link_; }
  /// @}

 private:
  Model& model_;
  typename Model::Signal signal_;
  std::int32_t a_;
  bool has_place_ = false;
  std::unique_ptr<typename Model::Link> link_;
};

}  // namespace application
