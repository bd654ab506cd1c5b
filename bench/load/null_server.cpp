/// \file
/// The null server as a program, for load generators of others: see load/null_server.h.
#include "load/null_server.h"

#include <fmt/format.h>

#include <cstdlib>

/// null_server PORT [BODY_SIZE]: serves 127.0.0.1:PORT until it is killed.
int main(int argc, char** argv) {
  if (argc < 2) {
    fmt::print(stderr, "usage: null_server PORT [BODY_SIZE]\n");
    return 2;
  }
  constexpr std::size_t usual_size = 16;
  const std::size_t size = argc > 2 ? static_cast<std::size_t>(std::atol(argv[2])) : usual_size;
  auto server = unrig::load::NullServer::listen(std::atoi(argv[1]), size);
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().what);
    return 3;
  }
  server->serve({});
}
