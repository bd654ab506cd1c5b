/// \file
/// The listening socket.
#pragma once

#include <boost/asio/io_context.hpp>
#include <boost/asio/ip/tcp.hpp>

#include "settings.h"

namespace application {

/// Throws boost::system::system_error, where the address is taken or is none.
inline boost::asio::ip::tcp::acceptor listen(boost::asio::io_context& context,
                                             const Settings& settings) {
  using boost::asio::ip::tcp;
  const tcp::endpoint here(boost::asio::ip::make_address(settings.host), settings.port);
  tcp::acceptor acceptor(context, here.protocol());
  acceptor.set_option(tcp::acceptor::reuse_address(true));
  acceptor.bind(here);
  acceptor.listen(settings.backlog);
  return acceptor;
}

}  // namespace application
