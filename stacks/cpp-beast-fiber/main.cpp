// The application on Boost.Beast with fibers of Boost.Fiber: one event loop of Asio in each thread,
// which share nothing.

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/post.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/fiber/condition_variable.hpp>
#include <boost/fiber/fiber.hpp>
#include <boost/fiber/mutex.hpp>
#include <boost/fiber/operations.hpp>
#include <boost/system/system_error.hpp>
#include <memory>
#include <mutex>
#include <utility>

#include "http.h"
#include "loop_scheduler.h"
#include "pool.h"
#include "reading.h"
#include "settings.h"
#include "start.h"
#include "watched_link.h"
#include "workers.h"

namespace {

namespace asio = boost::asio;
namespace fibers = boost::fibers;
namespace http = boost::beast::http;
using application::Reading;
using application::Settings;
using application::Wait;
using asio::ip::tcp;
using boost::system::error_code;

/// What a fiber waits for, once. It is set in the fiber's own thread.
class Signal {
 public:
  void set() {
    is_set_ = true;
    changed_.notify_one();
  }
  void wait() {
    std::unique_lock lock(mutex_);
    changed_.wait(lock, [this] { return is_set_; });
  }

 private:
  bool is_set_ = false;
  fibers::mutex mutex_;
  fibers::condition_variable changed_;
};

/// Starts an operation of Asio, gives it its handler, and lets other fibers run until it is over.
template <typename Start>
error_code finished(Start start) {
  Signal over;
  error_code result;
  start([&](error_code error, auto&&...) {
    result = error;
    over.set();
  });
  over.wait();
  return result;
}

/// One thread's event loop and fibers.
class Worker {
 public:
  using Link = application::WatchedLink;
  using Signal = ::Signal;
  using Mutex = application::NoMutex;

  Worker(const Settings& settings, std::size_t pool) : settings_(settings), pool_(pool) {}

  asio::io_context& context() { return context_; }
  /// In this thread, and for ever.
  void run() {
    fibers::use_scheduling_algorithm<LoopScheduler>(context_);
    Signal never;
    never.wait();
  }
  /// From any thread.
  void take(tcp::socket socket) {
    asio::post(context_, [this, socket = std::move(socket)]() mutable {
      fibers::fiber([this, socket = std::move(socket)]() mutable { serve(socket); }).detach();
    });
  }

  /// \name For Reading
  /// @{
  std::unique_ptr<Link> link() { return std::make_unique<Link>(context_, settings_); }
  Signal signal() { return {}; }
  const Settings& settings() { return settings_; }
  application::Pool<Worker>& pool() { return pool_; }
  void wait(Reading<Worker>& reading, Wait what) {
    if (what == Wait::turn) return reading.signal().wait();
    const auto error = finished([&](auto handler) { reading.link().wait(what, handler); });
    if (error) throw boost::system::system_error(error, "wait");
  }
  /// @}

 private:
  void serve(tcp::socket& socket) {
    error_code error;
    socket.set_option(tcp::no_delay(true), error);
    boost::beast::flat_buffer buffer;
    for (bool kept = true; kept;) {
      application::Request request;
      error = finished([&](auto handler) { http::async_read(socket, buffer, request, handler); });
      if (error) return;
      const auto response = application::respond(*this, request);
      error = finished([&](auto handler) { http::async_write(socket, response, handler); });
      kept = !error && response.keep_alive();
    }
    socket.shutdown(tcp::socket::shutdown_send, error);
  }

  const Settings& settings_;
  asio::io_context context_{1};
  application::Pool<Worker> pool_;
};

}  // namespace

int main() {
  return application::start(
      [](Settings settings) { application::Workers<Worker>(std::move(settings)).serve(); });
}
