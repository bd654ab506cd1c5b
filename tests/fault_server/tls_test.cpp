/// \file
/// The engine over TLS, against a real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <thread>

#include "fault_server/fault_server.h"
#include "fault_server/tls_server.h"
#include "load/load.h"
#include "load/verdict.h"

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
    plan.address = load::address_of(host::loopback(server->port()));
    plan.loop = load::OpenLoop{.rate = Rate{200}, .end_rate = {}, .connections = 100};
    plan.duration = 250ms;  // 50 requests
    plan.timeout = 20s;
    plan.pacing = load::Pacing::sleep;
    plan.expected_body = TlsServer::body();
    plan.tls = load::Tls{.server_name = name, .authorities = certificate};
    return plan;
  }

  /// Against a server of that manner.
  [[nodiscard]] load::Outcome against(const TlsManner& manner, Plan it) const {
    const auto other = *TlsServer::start("test.example", certificate, manner);
    it.address = load::address_of(host::loopback(other->port()));
    auto outcome = load::run(it, clock_, {});
    EXPECT_TRUE(outcome) << outcome.error().what;
    return std::move(*outcome);
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

/// What the verdict says of a run in which nothing was completed.
std::string said(const Plan& plan, const load::Outcome& outcome) {
  const load::LoadVerdict verdict = load::judge(plan, outcome);
  std::string text;
  for (const auto& reason : verdict.reasons) text += reason + "\n";
  for (const auto& advice : verdict.advice) text += advice + "\n";
  return text;
}

TEST_F(Tls, NegotiatingAnewLosesNoRequest) {
  Plan it = plan("test.example");
  it.loop = load::ClosedLoop{.clients = 2};
  it.timeout = 2s;
  const auto outcome = against({.renegotiates = true}, it);
  EXPECT_GT(outcome.total.completed, 2u) << outcome.sample_failure();
  EXPECT_EQ(outcome.total.completed, outcome.total.issued) << outcome.sample_failure();
}

TEST_F(Tls, OnlyItsGoodbyeEndsAnAnswerWithoutLength) {
  Plan it = plan("test.example");
  EXPECT_EQ(against({.until_close = true}, it).total.completed, 50u);
  it.keep_alive = false;
  EXPECT_EQ(against({.cuts = true}, it).total.completed, 50u);  // their lengths say enough
  const auto outcome = against({.until_close = true, .cuts = true}, it);
  EXPECT_EQ(outcome.total.failed_by[static_cast<std::size_t>(Failure::closed_early)], 50u);
}

TEST_F(Tls, CausesOfAFailedHandshakeAreNamedAndNotTakenForCertificates) {
  for (const bool verify : {true, false}) {
    Plan it = plan("test.example");
    it.tls->verify = verify;
    it.timeout = 2s;
    for (const auto& [manner, part] :
         {std::pair(TlsManner{.old = true}, "versions of TLS"),
          std::pair(TlsManner{.only_http_2 = true}, "ALPN"),
          std::pair(TlsManner{.closes_at_once = true}, "closed the connections")}) {
      const auto outcome = against(manner, it);
      EXPECT_EQ(outcome.total.failed(), 50u);
      EXPECT_THAT(said(it, outcome), HasSubstr(part)) << outcome.sample_failure();
      EXPECT_THAT(said(it, outcome), testing::Not(HasSubstr("--insecure")));
      EXPECT_THAT(said(it, outcome), testing::Not(HasSubstr("--cacert")));
    }
  }
}

TEST_F(Tls, CertificateCausesAreNamed) {
  Plan it = plan("other.example");
  EXPECT_THAT(said(it, *load::run(it, clock_, {})), HasSubstr("for another name"));
  it = plan("test.example");
  it.tls->authorities.clear();
  EXPECT_THAT(said(it, *load::run(it, clock_, {})), HasSubstr("nobody whom this machine trusts"));
}

TEST_F(Tls, PlainRequestToAPortOfTlsSaysSo) {
  Plan it = plan("test.example");
  it.tls.reset();
  EXPECT_THAT(said(it, *load::run(it, clock_, {})), HasSubstr("https://"));
}

TEST_F(Tls, ServerThatAnswersWithoutTlsSaysSo) {
  const UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  load::Address address = load::address_of(host::loopback(0));
  auto* any = reinterpret_cast<sockaddr*>(&address.storage);
  ASSERT_EQ(bind(listener.get(), any, address.length), 0);
  ASSERT_EQ(listen(listener.get(), 16), 0);
  ASSERT_EQ(getsockname(listener.get(), any, &address.length), 0);
  const std::jthread answering([&] {
    const UniqueFd peer(accept4(listener.get(), nullptr, nullptr, SOCK_CLOEXEC));
    constexpr std::string_view answer = "HTTP/1.1 400 Bad Request\r\n\r\n";
    send(peer.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
  });
  Plan it = plan("test.example");
  it.address = address;
  it.loop = load::OpenLoop{.rate = Rate{1000}, .end_rate = {}, .connections = 1};
  it.duration = 1ms;
  const auto outcome = load::run(it, clock_, {});
  EXPECT_EQ(unreachable(*outcome), 1u);
  EXPECT_THAT(outcome->sample_failure(), HasSubstr("HTTP/1.1 400 Bad Request"));
  EXPECT_THAT(said(it, *outcome), HasSubstr("write http://"));
}

TEST_F(Tls, ServerWithoutTlsIsUnreachable) {
  const auto plain = FaultServer::start({.fault = Fault::garbage}, clock_);
  Plan it = plan("test.example");
  it.address = load::address_of(host::loopback((*plain)->port()));
  it.timeout = 500ms;  // the server waits for the end of a request that never comes
  const auto outcome = load::run(it, clock_, {});
  EXPECT_EQ(outcome->total.completed, 0u);
  EXPECT_EQ(outcome->total.failed_by[static_cast<std::size_t>(Failure::connect_timeout)], 50u);
  EXPECT_THAT(said(it, *outcome), HasSubstr("needs http://"));
}

TEST_F(Tls, MissingFileOfAuthoritiesIsAUsageError) {
  Plan it = plan("test.example");
  it.tls->authorities = "no-such-file.pem";
  const auto outcome = load::run(it, clock_, {});
  ASSERT_FALSE(outcome);
  EXPECT_EQ(outcome.error().kind, ErrorKind::usage);
  EXPECT_THAT(outcome.error().what, HasSubstr("no-such-file.pem: No such file"));
  it.tls->authorities = "/dev/null";
  EXPECT_THAT(load::run(it, clock_, {}).error().what, HasSubstr("holds no certificate"));
}

}  // namespace
}  // namespace unrig::tests
