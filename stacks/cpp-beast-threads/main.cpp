// The application on Boost.Beast with threads that block: each does one request at a time, from
// when it is there as a whole to the last byte of the answer. Who has not asked yet, or only in
// part, waits in the event loop, and keeps no thread busy.

#include <poll.h>

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/beast/core/flat_buffer.hpp>
#include <boost/beast/http/read.hpp>
#include <boost/beast/http/write.hpp>
#include <boost/system/system_error.hpp>
#include <cerrno>
#include <cstddef>
#include <memory>
#include <mutex>
#include <semaphore>
#include <system_error>
#include <thread>
#include <utility>
#include <vector>

#include "connection.h"
#include "http.h"
#include "listening.h"
#include "pool.h"
#include "reading.h"
#include "settings.h"
#include "start.h"

namespace {

namespace asio = boost::asio;
namespace http = boost::beast::http;
using application::Reading;
using application::Settings;
using application::Wait;
using asio::ip::tcp;
using boost::system::error_code;

/// How a thread waits. One for all threads.
class Model {
 public:
  struct Link {
    application::Connection connection;
  };
  class Signal {
   public:
    void set() { signal_.release(); }
    void wait() { signal_.acquire(); }

   private:
    std::binary_semaphore signal_{0};
  };
  using Mutex = std::mutex;

  explicit Model(const Settings& settings)
      : settings_(settings), pool_(static_cast<std::size_t>(settings.pool)) {}

  std::unique_ptr<Link> link() {
    return std::make_unique<Link>(application::Connection(settings_));
  }
  Signal signal() { return {}; }
  const Settings& settings() { return settings_; }
  application::Pool<Model>& pool() { return pool_; }

  void wait(Reading<Model>& reading, Wait what) {
    if (what == Wait::turn) return reading.signal().wait();
    pollfd watched{.fd = reading.link().connection.socket(),
                   .events = static_cast<short>(what == Wait::readable ? POLLIN : POLLOUT),
                   .revents = 0};
    constexpr int for_ever = -1;
    while (poll(&watched, 1, for_ever) < 0) {
      if (errno != EINTR) throw std::system_error(errno, std::generic_category(), "poll");
    }
  }

 private:
  const Settings& settings_;
  application::Pool<Model> pool_;
};

/// One client's connection. It lives as long as it is waited for or served.
class Session : public std::enable_shared_from_this<Session> {
 public:
  Session(Model& model, tcp::socket socket) : model_(model), socket_(std::move(socket)) {
    error_code ignored;
    socket_.set_option(tcp::no_delay(true), ignored);
  }

  void wait_for_request() {
    request_ = {};
    http::async_read(socket_, buffer_, request_,
                     [self = shared_from_this()](error_code error, std::size_t) {
                       if (!error) self->answer();
                     });
  }

 private:
  void answer() {
    const auto response = application::respond(model_, request_);
    error_code error;
    http::write(socket_, response, error);
    if (!error && response.keep_alive()) return wait_for_request();
    socket_.shutdown(tcp::socket::shutdown_send, error);
  }

  Model& model_;
  tcp::socket socket_;
  boost::beast::flat_buffer buffer_;
  application::Request request_;
};

void accept(tcp::acceptor& acceptor, Model& model) {
  acceptor.async_accept([&](error_code error, tcp::socket socket) {
    if (error) throw boost::system::system_error(error, "accept");
    std::make_shared<Session>(model, std::move(socket))->wait_for_request();
    accept(acceptor, model);
  });
}

void serve(const Settings& settings) {
  Model model(settings);
  asio::io_context context(settings.workers);
  auto acceptor = application::listen(context, settings);
  accept(acceptor, model);
  std::vector<std::jthread> threads;
  for (int i = 1; i < settings.workers; ++i) threads.emplace_back([&] { context.run(); });
  context.run();
}

}  // namespace

int main() {
  return application::start(serve);
}
