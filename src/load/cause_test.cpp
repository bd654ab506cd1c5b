#include "load/cause.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace unrig::load {
namespace {

using testing::HasSubstr;
using testing::Not;

Plan plain() {
  return {};
}

Plan tls(bool verify = true) {
  Plan plan;
  plan.tls = Tls{.server_name = "h", .verify = verify, .authorities = {}};
  return plan;
}

struct Expected {
  Plan plan;
  Failure failure;
  std::string_view sample;
  std::string_view text, advice;  // parts
};

TEST(Cause, EachHasItsTextAndItsAdvice) {
  const std::vector<Expected> all{
      {plain(), Failure::refused, "Connection refused", "nobody listens", "is it this port"},
      {plain(), Failure::no_port, "", "no local port", "keep them alive"},
      {plain(), Failure::connect_timeout, "", "nobody took", "firewall"},
      {tls(), Failure::connect_timeout, "", "nobody took", "firewall"},
      {tls(), Failure::connect_timeout, "no answer to the TLS handshake", "TLS handshake",
       "needs http://"},
      {plain(), Failure::timeout, "without a byte of an answer", "within the limit", "--timeout"},
      {plain(), Failure::unreachable, "No route to host", "no route", "ip route"},
      {plain(), Failure::unreachable, "Network is unreachable", "no route", "ip route"},
      {plain(), Failure::unreachable, "Permission denied", "forbids", "firewall"},
      {plain(), Failure::unreachable, "Too many open files", "no more files", "ulimit"},
      {tls(), Failure::unreachable, "TLS: it answers without TLS: HTTP/1.1 400", "without TLS",
       "write http://"},
      {tls(), Failure::unreachable, "TLS: tlsv1 alert protocol version", "versions of TLS",
       "TLS 1.2"},
      {tls(), Failure::unreachable, "TLS: unsupported protocol", "versions of TLS", "TLS 1.2"},
      {tls(), Failure::unreachable, "TLS: tlsv1 alert no application protocol", "ALPN", "http/1.1"},
      {tls(), Failure::unreachable, "certificate: certificate has expired", "expired", "renew"},
      {tls(), Failure::unreachable, "certificate: hostname mismatch", "another name",
       "into the URL"},
      {tls(), Failure::unreachable, "certificate: IP address mismatch", "another name",
       "into the URL"},
      {tls(), Failure::unreachable, "certificate: self-signed certificate", "nobody whom",
       "--cacert"},
      {tls(), Failure::unreachable, "certificate: unable to get local issuer certificate",
       "nobody whom", "--cacert"},
      {tls(), Failure::unreachable, "certificate: certificate revoked", "not right", "--insecure"},
      {tls(), Failure::unreachable, "certificate: EE certificate key too weak", "not right",
       "another one"},
      {tls(), Failure::reset, "TLS: tlsv13 alert certificate required", "of the client",
       "has none"},
      {tls(), Failure::reset, "TLS: it closed the connection in the TLS handshake", "handshake",
       "needs http://"},
      {tls(), Failure::reset, "TLS: decryption failed or bad record mac", "TLS off", "s_client"},
      {tls(), Failure::reset, "without a byte of an answer", "resets", ""},
      {tls(), Failure::unreachable, "TLS: tlsv13 alert certificate required", "of the client",
       "has none"},
      {tls(), Failure::unreachable, "closed in the TLS handshake", "closed", "needs http://"},
      {tls(), Failure::unreachable, "TLS: sslv3 alert handshake failure", "in common", "s_client"},
      {tls(), Failure::unreachable, "TLS: what", "handshake failed", "s_client"},
      {plain(), Failure::malformed, "byte 1: expected …, found \\x15, in: \\x15\\x03\\x03",
       "speaks TLS", "https://"},
      {plain(), Failure::malformed, "byte 1: expected …, found \\x00, in: \\x00\\x00\\x12\\x04",
       "binary", "HTTP/2"},
      {plain(), Failure::malformed, "byte 1: expected …, found S, in: SSH-2.0", "not HTTP",
       "right port"},
      {plain(), Failure::closed_early, "without a byte of an answer", "without an answer",
       "https://"},
      {plain(), Failure::reset, "without a byte of an answer", "resets", "https://"},
      {plain(), Failure::closed_early, "after 7 bytes of the answer:\n", "breaks off", "log"},
      {plain(), Failure::stale, "without a byte of an answer", "without a word", "--no-keep-alive"},
      {plain(), Failure::wrong_status, "HTTP/1.1 400 Bad Request\n\nsent to HTTPS port",
       "speaks TLS", "https://"},
      {plain(), Failure::wrong_status, "HTTP/1.1 302 Found", "elsewhere", "Location"},
      {plain(), Failure::wrong_status, "HTTP/1.1 401 No", "who asks", "Authorization"},
      {plain(), Failure::wrong_status, "HTTP/1.1 500 Oh", "", "--expect-status"},
      {plain(), Failure::wrong_body, "", "another than", "line end"},
  };
  for (const Expected& it : all) {
    const Cause cause = cause_of(it.plan, it.failure, it.sample);
    EXPECT_THAT(std::string(cause.text), HasSubstr(std::string(it.text))) << it.sample;
    EXPECT_THAT(std::string(cause.advice), HasSubstr(std::string(it.advice))) << it.sample;
    EXPECT_EQ(cause.text.empty(), it.text.empty()) << it.sample;
  }
}

TEST(Cause, AdviceOnABodyIsForWhatWasExpectedOfIt) {
  Plan expecting = plain();
  expecting.expect.length = http::LengthRange{1, 2};
  const Cause cause = cause_of(expecting, Failure::wrong_body, "");
  EXPECT_THAT(std::string(cause.advice), HasSubstr("--expect-length"));
  EXPECT_THAT(std::string(cause.advice), Not(HasSubstr("--expect-body")));
}

TEST(Cause, OnlyCertificatesAreAnsweredWithAdviceAboutThem) {
  for (const char* sample : {"TLS: tlsv1 alert protocol version", "TLS: it answers without TLS: x",
                             "TLS: tlsv1 alert no application protocol", "No route to host",
                             "closed in the TLS handshake"}) {
    const Cause cause = cause_of(tls(), Failure::unreachable, sample);
    EXPECT_THAT(std::string(cause.advice), Not(HasSubstr("--insecure"))) << sample;
    EXPECT_THAT(std::string(cause.advice), Not(HasSubstr("--cacert"))) << sample;
  }
}

TEST(Cause, InsecureIsNotAdvisedWhereItWasGiven) {
  for (const char* sample : {"certificate: self-signed certificate", "certificate: has expired",
                             "certificate: hostname mismatch", "certificate: x"}) {
    EXPECT_THAT(std::string(cause_of(tls(), Failure::unreachable, sample).advice),
                HasSubstr("--insecure"));
    EXPECT_EQ(cause_of(tls(false), Failure::unreachable, sample).advice, "") << sample;
  }
}

TEST(Cause, MoreThreadsAreAdvisedOnlyWhereThereAreCoresForThem) {
  EXPECT_THAT(std::string(advice_when_saturated(1, 2)), HasSubstr("use more --threads"));
  EXPECT_THAT(std::string(advice_when_saturated(2, 2)), HasSubstr("no core left"));
  EXPECT_THAT(std::string(advice_when_saturated(1, 1)), HasSubstr("no core left"));
  EXPECT_THAT(std::string(advice_when_late(true, 1, 2)), HasSubstr("--threads"));
  for (const auto advice : {advice_when_late(true, 2, 2), advice_when_late(false, 1, 1),
                            advice_when_late(false, 1, 8)}) {
    EXPECT_THAT(std::string(advice), Not(HasSubstr("--threads")));
  }
  EXPECT_THAT(std::string(advice_when_late(false, 1, 8)), HasSubstr("taskset"));
}

}  // namespace
}  // namespace unrig::load
