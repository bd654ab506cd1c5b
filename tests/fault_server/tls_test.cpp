/// \file
/// The engine over TLS, against a real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include "fault_server/fault_server.h"
#include "fault_server/tls_server.h"
#include "load/load.h"

namespace unrig::tests {
namespace {

using namespace std::chrono_literals;
using load::Failure;
using load::Plan;
using testing::HasSubstr;

const SystemClock clock_;

class Tls : public testing::Test {
 protected:
  Tls()
      : certificate(std::filesystem::temp_directory_path() /
                    ("unrig-tls-test-" + std::to_string(getpid()) + ".pem")),
        server(*TlsServer::start("test.example", certificate)) {}
  ~Tls() override { std::filesystem::remove(certificate); }

  [[nodiscard]] Plan plan(const std::string& name) const {
    Plan plan;
    plan.address = load::loopback(server->port());
    plan.loop = load::OpenLoop{.rate = Rate{200}, .end_rate = {}, .connections = 100};
    plan.duration = 250ms;  // 50 requests
    plan.timeout = 20s;
    plan.pacing = load::Pacing::sleep;
    plan.expected_body = TlsServer::body();
    plan.tls = load::Tls{.server_name = name, .authorities = certificate};
    return plan;
  }

  std::filesystem::path certificate;
  std::unique_ptr<TlsServer> server;
};

std::uint64_t unreachable(const load::Outcome& outcome) {
  return outcome.total.failed_by[static_cast<std::size_t>(Failure::unreachable)];
}

TEST_F(Tls, EveryBodyArrives) {
  for (const bool keep_alive : {true, false}) {
    Plan it = plan("test.example");
    it.keep_alive = keep_alive;
    const auto outcome = load::run(it, clock_, {});
    ASSERT_TRUE(outcome) << outcome.error().what;
    EXPECT_EQ(outcome->total.completed, 50u) << outcome->sample_failure();
    EXPECT_GE(outcome->handshake.count(), keep_alive ? 1u : 50u);
    EXPECT_GT(outcome->handshake.max(), 0ns);
    EXPECT_EQ(outcome->connect.count(), outcome->handshake.count());
  }
}

TEST_F(Tls, GoesOverEpollAndSaysSo) {
  Plan it = plan("test.example");
  it.backend = load::Backend::io_uring;
  const auto outcome = load::run(it, clock_, {});
  EXPECT_EQ(outcome->total.completed, 50u) << outcome->sample_failure();
  EXPECT_EQ(outcome->generator.backend, "epoll");
  EXPECT_THAT(outcome->generator.backend_note, HasSubstr("TLS"));
}

TEST_F(Tls, AddressesAreNamesToo) {
  const auto outcome = load::run(plan("127.0.0.1"), clock_, {});
  EXPECT_EQ(outcome->total.completed, 50u) << outcome->sample_failure();
}

TEST_F(Tls, CertificateOfAnotherNameIsRefused) {
  const auto outcome = load::run(plan("other.example"), clock_, {});
  EXPECT_EQ(unreachable(*outcome), 50u);
  EXPECT_EQ(outcome->total.failed(), 50u);
  EXPECT_THAT(outcome->sample_failure(), HasSubstr("hostname mismatch"));
}

TEST_F(Tls, CertificateThatNobodyTrustsIsRefusedUnlessItMayBeAny) {
  Plan it = plan("test.example");
  it.tls->authorities.clear();
  const auto refused = load::run(it, clock_, {});
  EXPECT_EQ(unreachable(*refused), 50u);
  EXPECT_THAT(refused->sample_failure(), HasSubstr("certificate"));
  it.tls->verify = false;
  EXPECT_EQ(load::run(it, clock_, {})->total.completed, 50u);
}

TEST_F(Tls, ServerWithoutTlsIsUnreachable) {
  const auto plain = FaultServer::start({.fault = Fault::garbage}, clock_);
  Plan it = plan("test.example");
  it.address = load::loopback((*plain)->port());
  it.timeout = 500ms;  // the server waits for the end of a request that never comes
  const auto outcome = load::run(it, clock_, {});
  EXPECT_EQ(outcome->total.completed, 0u);
  EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::connect_timeout)], 50u);
}

TEST_F(Tls, MissingFileOfAuthoritiesIsAUsageError) {
  Plan it = plan("test.example");
  it.tls->authorities = "no-such-file.pem";
  const auto outcome = load::run(it, clock_, {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::usage);
  EXPECT_THAT(outcome.error().what, HasSubstr("no-such-file.pem"));
}

}  // namespace
}  // namespace unrig::tests
