// The application on Boost.Beast with coroutines of C++20: one event loop of Asio in each thread,
// which share nothing.

#include <boost/asio/awaitable.hpp>
#include <boost/asio/co_spawn.hpp>
#include <boost/asio/detached.hpp>
#include <boost/asio/executor_work_guard.hpp>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/asio/redirect_error.hpp>
#include <boost/asio/steady_timer.hpp>
#include <boost/asio/use_awaitable.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <exception>
#include <memory>
#include <utility>

#include "http.h"
#include "pool.h"
#include "reading.h"
#include "settings.h"
#include "start.h"
#include "watched_link.h"
#include "workers.h"

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using application::Reading;
using application::Request;
using application::Response;
using application::Settings;
using application::Wait;
using asio::awaitable;
using asio::redirect_error;
using asio::use_awaitable;
using asio::ip::tcp;
using boost::system::error_code;

/// One thread's event loop, and what is waited for in it.
class Worker {
 public:
  using Link = application::WatchedLink;
  class Signal {
   public:
    explicit Signal(asio::io_context& context)
        : timer_(context, asio::steady_timer::time_point::max()) {}
    void set() { timer_.cancel(); }
    awaitable<void> wait() {
      error_code cancelled;
      co_await timer_.async_wait(redirect_error(use_awaitable, cancelled));
    }

   private:
    asio::steady_timer timer_;
  };
  using Mutex = application::NoMutex;

  Worker(const Settings& settings, std::size_t pool) : settings_(settings), pool_(pool) {}

  asio::io_context& context() { return context_; }
  /// In this thread, and for ever.
  void run() {
    // It goes on where nobody has connected yet.
    const auto kept_running = asio::make_work_guard(context_);
    context_.run();
  }
  /// From any thread.
  void take(tcp::socket socket) {
    asio::co_spawn(context_, serve(std::move(socket)), asio::detached);
  }

  /// \name For Reading
  /// @{
  std::unique_ptr<Link> link() { return std::make_unique<Link>(context_, settings_); }
  Signal signal() { return Signal(context_); }
  const Settings& settings() { return settings_; }
  application::Pool<Worker>& pool() { return pool_; }
  /// @}

 private:
  awaitable<void> serve(tcp::socket socket) {
    error_code error;
    socket.set_option(tcp::no_delay(true), error);
    boost::beast::flat_buffer buffer;
    for (bool kept = true; kept;) {
      Request request;
      co_await http::async_read(socket, buffer, request, redirect_error(use_awaitable, error));
      if (error) co_return;
      const Response response = co_await respond(request);
      co_await http::async_write(socket, response, redirect_error(use_awaitable, error));
      kept = !error && response.keep_alive();
    }
    socket.shutdown(tcp::socket::shutdown_send, error);
  }

  awaitable<Response> respond(const Request& request) {
    const auto asked = application::asked_in(request);
    if (!asked) co_return application::not_found(request);
    try {
      Reading<Worker> reading(*this, application::key(asked->a));
      for (Wait what = reading.go_on(); what != Wait::nothing; what = reading.go_on()) {
        if (what == Wait::turn) {
          co_await reading.signal().wait();
        } else {
          co_await reading.link().wait(what, use_awaitable);
        }
      }
      co_return application::found(request, reading.row());
    } catch (const std::exception& error) {
      co_return application::failed(request, error);
    }
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
