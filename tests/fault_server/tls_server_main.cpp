/// \file
/// The TLS server as a program, for tests of the whole of unrig.
#include <fmt/format.h>

#include <csignal>
#include <cstdio>

#include "fault_server/tls_server.h"

/// tls_server CERTIFICATE_FILE: writes the certificate, prints its port, serves 127.0.0.1 until
/// SIGTERM.
int main(int argc, char** argv) {
  using namespace unrig;
  if (argc != 2) {
    fmt::print(stderr, "usage: tls_server CERTIFICATE_FILE\n");
    return 2;
  }
  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  sigaddset(&end, SIGINT);
  pthread_sigmask(SIG_BLOCK, &end, nullptr);  // in the server's threads, too

  const auto server = tests::TlsServer::start("test.example", argv[1]);
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().what);
    return 3;
  }
  fmt::print("{}\n", (*server)->port());
  std::fflush(stdout);
  int signal = 0;
  sigwait(&end, &signal);
}
