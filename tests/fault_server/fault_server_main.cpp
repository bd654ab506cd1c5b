/// \file
/// The fault server as a program, for load generators that are processes of their own.
#include <fmt/format.h>

#include <csignal>
#include <cstdlib>

#include "fault_server/fault_server.h"

namespace {

using namespace unrig;

int usage() {
  fmt::print(stderr, "usage: fault_server PORT FAULT EVERY\nfaults:");
  for (const tests::Fault fault : tests::all_faults()) {
    fmt::print(stderr, " {}", tests::to_text(fault));
  }
  fmt::print(stderr, "\n");
  return 2;
}

}  // namespace

/// fault_server PORT FAULT EVERY: serves 127.0.0.1:PORT until SIGTERM, then prints its log.
int main(int argc, char** argv) {
  if (argc != 4) return usage();
  const auto fault = tests::fault_from(argv[2]);
  const int every = std::atoi(argv[3]);
  if (!fault || every < 1) return usage();

  sigset_t end;
  sigemptyset(&end);
  sigaddset(&end, SIGTERM);
  sigaddset(&end, SIGINT);
  pthread_sigmask(SIG_BLOCK, &end, nullptr);  // in the server's thread, too

  const SystemClock clock;
  const tests::Script script{.fault = *fault, .every = every, .port = std::atoi(argv[1])};
  const auto server = tests::FaultServer::start(script, clock);
  if (!server) {
    fmt::print(stderr, "{}\n", server.error().what);
    return 3;
  }
  int signal = 0;
  sigwait(&end, &signal);
  const tests::Log log = (*server)->log();
  fmt::print("{{\"connections\": {}, \"requests\": {}, \"faults\": {}}}\n", log.connections,
             log.requests, *fault == tests::Fault::none ? 0 : log.of(*fault));
}
