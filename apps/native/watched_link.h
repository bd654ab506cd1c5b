/// \file
/// A connection to the database whose socket an event loop of Asio watches.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/posix/stream_descriptor.hpp>
#include <utility>

#include "connection.h"
#include "settings.h"

namespace application {

/// One thread, that of the event loop, which must outlive it as the settings must.
struct WatchedLink {
  WatchedLink(boost::asio::io_context& context, const Settings& settings)
      : connection(settings), watched_(context) {}
  WatchedLink(const WatchedLink&) = delete;
  WatchedLink& operator=(const WatchedLink&) = delete;
  // It is libpq that closes the socket.
  ~WatchedLink() { let_go(); }

  /// Waits, in the way of the token, until the socket is what is asked for.
  template <typename Token>
  auto wait(Wait what, Token&& token) {
    watch();
    return watched_.async_wait(
        what == Wait::readable ? Descriptor::wait_read : Descriptor::wait_write,
        std::forward<Token>(token));
  }

  Connection connection;

 private:
  using Descriptor = boost::asio::posix::stream_descriptor;

  /// Registered once, and again where libpq has tried another address of the host.
  void watch() {
    if (watched_.is_open() && watched_.native_handle() == connection.socket()) return;
    let_go();
    watched_.assign(connection.socket());
  }
  void let_go() {
    if (watched_.is_open()) watched_.release();
  }

  Descriptor watched_;
};

}  // namespace application
