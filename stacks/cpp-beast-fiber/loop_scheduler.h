/// \file
/// Fibers that take turns, and an event loop that runs when none of them can.
#pragma once

#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/post.hpp>
#include <boost/fiber/algo/round_robin.hpp>
#include <chrono>

/// Of one thread. Handlers of the event loop run outside all fibers: they may wake up some and
/// start others, and must not wait.
class LoopScheduler final : public boost::fibers::algo::round_robin {
 public:
  explicit LoopScheduler(boost::asio::io_context& context)
      : context_(context), kept_running_(context.get_executor()) {}

  /// Boost.Fiber calls it when no fiber can go on, and looks for one afterwards.
  void suspend_until(const std::chrono::steady_clock::time_point& time) noexcept override {
    if (time == std::chrono::steady_clock::time_point::max()) {
      context_.run_one();
    } else {
      context_.run_one_until(time);
    }
  }

  /// From any thread: one of its fibers can go on.
  void notify() noexcept override {
    boost::asio::post(context_, [] {});
  }

 private:
  boost::asio::io_context& context_;
  boost::asio::executor_work_guard<boost::asio::io_context::executor_type> kept_running_;
};
