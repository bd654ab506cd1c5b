// A real nginx: what it makes of a client's request is what unrig asks the application by itself.
#include <gmock/gmock.h>
#include <netinet/in.h>
#include <sys/socket.h>

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
  Application() : listening_(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    socklen_t size = sizeof address;
    EXPECT_EQ(bind(listening_.get(), reinterpret_cast<sockaddr*>(&address), size), 0);
    EXPECT_EQ(listen(listening_.get(), 64), 0);
    getsockname(listening_.get(), reinterpret_cast<sockaddr*>(&address), &size);
    at = host::loopback(ntohs(address.sin_port));
    thread_ = std::jthread([this] { serve(); });
  }
  ~Application() { shutdown(listening_.get(), SHUT_RDWR); }

  [[nodiscard]] std::string asked() const {
    const std::scoped_lock lock(mutex_);
    return asked_;
  }
  host::Endpoint at;

 private:
  void serve() {
    while (true) {
      const UniqueFd fd(accept4(listening_.get(), nullptr, nullptr, SOCK_CLOEXEC));
      if (!fd) return;
      std::string request;
      char byte = 0;
      while (!request.ends_with("\r\n\r\n") && recv(fd.get(), &byte, 1, 0) == 1) request += byte;
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

  SystemClock clock_;
  Result<process::Guard> guard_ = process::Guard::start();
  std::optional<host::LocalHost> host_;
  std::optional<Nginx> nginx_;
  Application application_;
};

TEST_F(Proxied, RequestIsTheOneThatUnrigAsksByItself) {
  for (const bool proxy_keeps : {false, true}) {
    const auto started = nginx_->start({.keep_alive = proxy_keeps,
                                        .application = application_.at,
                                        .open_files = most_open_files()});
    ASSERT_TRUE(started) << started.error().what;
    for (const bool client_keeps : {false, true}) {
      for (const auto key : {scenario::AppKey::own, scenario::AppKey::request}) {
        scenario::Scenario scenario;
        scenario.proxy_keep_alive = proxy_keeps;
        scenario.client_keep_alive = client_keeps;
        scenario.app_key = key;
        // Both draw the same rows.
        Questions of_client(scenario, nginx_->endpoint(), RandomStream(1, "keys"));
        Questions of_proxy(scenario, nginx_->endpoint(), RandomStream(1, "keys"));
        const auto reply =
            ask(nginx_->endpoint(), of_client.to_front(), clock_, std::chrono::seconds(20));
        EXPECT_EQ(reply.body, "ok") << reply.failure;
        EXPECT_EQ(application_.asked(), of_proxy.to_application().bytes);
      }
    }
    nginx_->stop();
  }
}

}  // namespace
}  // namespace unrig::chain
