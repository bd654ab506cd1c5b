/// \file
/// Threads that share nothing but the listening socket.
#pragma once

#include <algorithm>
#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>
#include <boost/system/system_error.hpp>
#include <cstddef>
#include <memory>
#include <thread>
#include <utility>
#include <vector>

#include "listening.h"
#include "settings.h"

namespace application {

/// `Worker` is made of the settings and its share of the pool, and has
///   - `boost::asio::io_context& context()`, its event loop;
///   - `void run()`, in its own thread and for ever;
///   - `void take(tcp::socket)`, a client's connection, of its own event loop; from any thread.
template <typename Worker>
class Workers {
 public:
  explicit Workers(Settings settings) : settings_(std::move(settings)) {
    const auto count = static_cast<std::size_t>(settings_.workers);
    const auto places = static_cast<std::size_t>(settings_.pool);
    for (std::size_t i = 0; i < count; ++i) {
      // One at the least: who has none cannot serve.
      const std::size_t share = places / count + (i < places % count ? 1 : 0);
      workers_.push_back(std::make_unique<Worker>(settings_, std::max<std::size_t>(1, share)));
    }
  }

  /// In this thread and as many more as are needed, and for ever. Throws
  /// boost::system::system_error.
  void serve() {
    auto acceptor = application::listen(workers_.front()->context(), settings_);
    accept(acceptor, 0);
    std::vector<std::jthread> threads;
    for (std::size_t i = 1; i < workers_.size(); ++i)
      threads.emplace_back([this, i] { workers_[i]->run(); });
    workers_.front()->run();
  }

 private:
  using tcp = boost::asio::ip::tcp;
  using Socket = tcp::socket::rebind_executor<boost::asio::io_context::executor_type>::other;

  /// The first one takes all connections and deals them in turn: where each took its own, some had
  /// many and others few of those that are kept.
  void accept(tcp::acceptor& acceptor, std::size_t next) {
    Worker& worker = *workers_[next];
    const auto accepted = [this, &acceptor, &worker, next](boost::system::error_code error,
                                                           Socket socket) {
      if (error) throw boost::system::system_error(error, "accept");
      worker.take(std::move(socket));
      accept(acceptor, (next + 1) % workers_.size());
    };
    acceptor.async_accept(worker.context(), accepted);
  }

  Settings settings_;
  std::vector<std::unique_ptr<Worker>> workers_;
};

}  // namespace application
