// A real nginx: what it makes of a client's request is what unrig asks the application by itself.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <mutex>
#include <thread>

#include "base/testing_folder.h"
#include "chain/nginx.h"
#include "chain/questions.h"
#include "host/folders.h"
#include "host/local_host.h"

namespace unrig::chain {
namespace {

/// Answers everybody, and keeps what it was asked last.
class Application {
 public:
  /// At a Unix socket, or at a port of its own.
  explicit Application(host::Endpoint here = host::loopback(0)) : at(std::move(here)) {
    const auto address = host::socket_address(at);
    listening_ = UniqueFd(::socket(address.storage.ss_family, SOCK_STREAM | SOCK_CLOEXEC, 0));
    EXPECT_EQ(bind(listening_.get(), address.get(), address.length), 0);
    EXPECT_EQ(listen(listening_.get(), 64), 0);
    if (at.is_socket()) {
      EXPECT_EQ(chmod(at.socket().c_str(), 0666), 0) << "nginx has another account";
    } else {
      sockaddr_in own{};
      socklen_t size = sizeof own;
      getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&own), &size);
      at = host::loopback(ntohs(own.sin_port));
    }
    thread_ = std::jthread([this] { serve(); });
  }
  ~Application() { shutdown(listening_.get(), SHUT_RDWR); }

  [[nodiscard]] std::string asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }
  host::Endpoint at;

 private:
  /// A packet of uwsgi tells its length, and HTTP ends with an empty line.
  static bool is_whole(std::string_view request) {
    constexpr std::size_t head = 4;
    if (!request.starts_with('\0')) return request.ends_with("\r\n\r\n");
    const auto byte = [&](std::size_t at) { return static_cast<unsigned char>(request[at]); };
    return request.size() >= head && request.size() == head + byte(1) + byte(2) * 256U;
  }
  void serve() {
    while (true) {
      const UniqueFd fd(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      std::string request;
      char byte = 0;
      while (!is_whole(request) && recv(fd.get(), &byte, 1, 0) == 1) request += byte;
      const bool has_body = request.contains("Content-Length: 2\r\n") ||
                            request.contains(std::string_view("CONTENT_LENGTH\1\0"
                                                              "2",
                                                              17));
      for (unsigned i = 0; has_body && i < 2 && recv(fd.get(), &byte, 1, 0) == 1; ++i)
        request += byte;
      const std::scoped_lock lock(mutex_);
      asked_ = request;
      constexpr std::string_view answer =
          "HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok";
      send(fd.get(), answer.data(), answer.size(), MSG_NOSIGNAL);
    }
  }

  UniqueFd listening_;
  mutable std::mutex mutex_;
  std::string asked_;
  std::jthread thread_;  // last: it uses all of the above
};

class Proxied : public FolderTest {
 protected:
  void SetUp() override {
    ASSERT_TRUE(guard_) << guard_.error().what;
    auto folders = host::Folders::open(folder() / "home", *guard_, clock_);
    ASSERT_TRUE(folders) << folders.error().what;
    host_.emplace(*guard_, clock_, std::move(*folders));
    auto nginx = Nginx::open({*host_, clock_});
    ASSERT_TRUE(nginx) << nginx.error().what;
    nginx_.emplace(std::move(*nginx));
  }
  /// What nginx makes of clients' requests is what unrig asks by itself.
  void expect_same(const Application& application, scenario::Scenario scenario) {
    const auto started = nginx_->start({.keep_alive = scenario.proxy_keep_alive,
                                        .protocol = scenario.proxy_protocol,
                                        .application = application.at,
                                        .open_files = most_open_files()});
    ASSERT_TRUE(started) << started.error().what;
    for (const bool client_keeps : {false, true}) {
      for (const auto key : {scenario::AppKey::own, scenario::AppKey::request}) {
        scenario.client_keep_alive = client_keeps;
        scenario.app_key = key;
        // Both draw the same rows.
        Questions of_client(scenario, nginx_->endpoint(), RandomStream(1, "keys"));
        Questions of_proxy(scenario, nginx_->endpoint(), RandomStream(1, "keys"));
        const auto reply =
            ask(nginx_->endpoint(), of_client.to_front(), clock_, std::chrono::seconds(20));
        EXPECT_EQ(reply.body, "ok") << reply.failure;
        EXPECT_EQ(application.asked(), of_proxy.to_application().bytes);
      }
    }
    nginx_->stop();
  }

  SystemClock clock_;
  Result<process::Guard> guard_ = process::Guard::start();
  std::optional<host::LocalHost> host_;
  std::optional<Nginx> nginx_;
};

TEST_F(Proxied, RequestIsTheOneThatUnrigAsksByItself) {
  const Application application;
  for (const bool proxy_keeps : {false, true}) {
    scenario::Scenario scenario;
    scenario.proxy_keep_alive = proxy_keeps;
    expect_same(application, scenario);
  }
}

TEST_F(Proxied, RequestIsTheSameInUwsgisWords) {
  const Application application;
  scenario::Scenario scenario;
  scenario.proxy_protocol = scenario::ProxyProtocol::uwsgi;
  scenario.proxy_keep_alive = true;  // which it cannot
  expect_same(application, scenario);
}

TEST_F(Proxied, RequestIsTheSameAtAUnixSocket) {
  const auto private_folder = host_->runtime() / "listen";
  ASSERT_TRUE(host_->make_service_folder(private_folder));
  const Application application(host::Endpoint{(private_folder / "app.socket").string(), 0});
  scenario::Scenario scenario;
  scenario.proxy_socket = scenario::ProxySocket::unix_domain;
  for (const auto protocol : {scenario::ProxyProtocol::http, scenario::ProxyProtocol::uwsgi}) {
    scenario.proxy_protocol = protocol;
    expect_same(application, scenario);
  }
}

TEST_F(Proxied, RequestsOfAnotherApplicationAreThoseThatUnrigAsksToo) {
  const http::Request requests[] = {
      {.path = "/users/7?full=1", .headers = {{"Accept", "application/json"}, {"X-Token", "t"}}},
      {.path = "/", .headers = {{"Host", "Shop.Example:80"}}},
      {.path = "/a%20b%2Fc?d=%20", .headers = {{"User-Agent", "100%"}}},
      {.method = "POST",
       .path = "/orders",
       .headers = {{"X-Token", "t"}, {"Content-Type", "application/json"}},
       .body = "{}"},
      {.method = "DELETE", .path = "/orders/7"}};
  const Application application;
  const auto expect_same = [&](const scenario::Scenario& scenario) {
    const auto started = nginx_->start({.keep_alive = scenario.proxy_keep_alive,
                                        .protocol = scenario.proxy_protocol,
                                        .application = application.at,
                                        .open_files = most_open_files()});
    ASSERT_TRUE(started) << started.error().what;
    for (const auto& own : requests) {
      Questions questions(scenario, nginx_->endpoint(), RandomStream(1, "keys"),
                          stack::OwnRequest{.request = own, .expect = {}});
      const auto reply =
          ask(nginx_->endpoint(), questions.to_front(), clock_, std::chrono::seconds(20));
      EXPECT_EQ(reply.body, "ok") << reply.failure;
      EXPECT_EQ(application.asked(), questions.to_application().bytes);
    }
    nginx_->stop();
  };
  for (const bool proxy_keeps : {false, true}) {
    scenario::Scenario scenario;
    scenario.proxy_keep_alive = proxy_keeps;
    expect_same(scenario);
  }
  scenario::Scenario scenario;
  scenario.proxy_protocol = scenario::ProxyProtocol::uwsgi;
  expect_same(scenario);
}

}  // namespace
}  // namespace unrig::chain
