#include "audit/worker_watch.h"

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <sys/socket.h>

#include <atomic>
#include <optional>
#include <string>

#include "base/number.h"
#include "host/ports.h"
#include "process/testing.h"

namespace unrig::audit {
namespace {

using ::testing::Contains;
using ::testing::Each;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

const std::string request = "GET / HTTP/1.1\r\nConnection: close\r\n\r\n";

/// A server whose workers take as many connections as they can, and answer with their own number.
constexpr std::string_view server =
    "import select, socket\n"
    "def listen(port):\n"
    "    listening = socket.socket()\n"
    "    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)\n"
    "    listening.bind(('127.0.0.1', port))\n"
    "    listening.listen(128)\n"
    "    listening.setblocking(False)\n"
    "    return listening\n"
    "def serve(listening):\n"
    "    poll = select.epoll()\n"
    "    poll.register(listening, select.EPOLLIN)\n"
    "    held = {}\n"
    "    while True:\n"
    "        for fd, _ in poll.poll():\n"
    "            if fd == listening.fileno():\n"
    "                try:\n"
    "                    client = listening.accept()[0]\n"
    "                except BlockingIOError:\n"
    "                    continue\n"
    "                held[client.fileno()] = [client, b'']\n"
    "                poll.register(client, select.EPOLLIN)\n"
    "                continue\n"
    "            client = held[fd][0]\n"
    "            data = client.recv(4096)\n"
    "            held[fd][1] += data\n"
    "            if not data or held[fd][1].endswith(b'\\r\\n\\r\\n'):\n"
    "                client.sendall(str(os.getpid()).encode())\n"
    "                client.close()\n"
    "                del held[fd]\n";

/// One that takes connections for two workers and gives them on, in turn.
constexpr std::string_view dispatcher =
    "def serve_given(channel):\n"
    "    poll = select.epoll()\n"
    "    poll.register(channel, select.EPOLLIN)\n"
    "    held = {}\n"
    "    while True:\n"
    "        for fd, _ in poll.poll():\n"
    "            if fd == channel.fileno():\n"
    "                fds = socket.recv_fds(channel, 1, 1)[1]\n"
    "                client = socket.socket(fileno=fds[0])\n"
    "                held[client.fileno()] = [client, b'']\n"
    "                poll.register(client, select.EPOLLIN)\n"
    "                channel.send(b'.')\n"
    "                continue\n"
    "            data = held[fd][0].recv(4096)\n"
    "            held[fd][1] += data\n"
    "            if not data or held[fd][1].endswith(b'\\r\\n\\r\\n'):\n"
    "                held[fd][0].sendall(str(os.getpid()).encode())\n"
    "                held.pop(fd)[0].close()\n"
    "def dispatch(waits):\n"
    "    listening = listen(PORT)\n"
    "    channels = [socket.socketpair() for i in range(2)]\n"
    "    for own, other in channels:\n"
    "        if os.fork() == 0: serve_given(other)\n"
    "    listening.setblocking(True)\n"
    "    say('ready')\n"
    "    while True:\n"
    "        for own, other in channels:\n"
    "            client = listening.accept()[0]\n"
    "            socket.send_fds(own, [b'x'], [client.fileno()])\n"
    "            if waits: own.recv(1)\n"
    "            client.close()\n";

class WorkerWatchTest : public process::ProcessTest {
 protected:
  /// `then`: what the program does with listen(PORT) and serve(listening).
  void start(std::string_view then) {
    const auto program = fmt::format("{}PORT = {}\n{}{}", server, at_.port, dispatcher, then);
    process_.emplace(process::Process::start(python(program), guard_).value());
    ASSERT_NE(pid_of("ready"), -1) << log();
    watch_.emplace(WorkerWatch::Server{.at = at_, .process = process_->pid(), .request = request},
                   clock_);
  }
  void start_workers(int count) {
    start(
        fmt::format("listening = listen(PORT)\n"
                    "for i in range({}):\n"
                    "    if os.fork() == 0: serve(listening)\n"
                    "say('ready')\n"
                    "time.sleep(1000)\n",
                    count));
  }
  void find(int wanted, Duration patience = Duration(0)) { watch_->find(wanted, patience, {}); }
  [[nodiscard]] const Workers& workers() const { return watch_->workers(); }

  /// The number of who has answered.
  [[nodiscard]] pid_t ask() const {
    const UniqueFd fd(::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
    const auto address = host::socket_address(at_);
    char answer[32] = {};
    if (connect(fd.get(), address.get(), address.length) != 0) return -1;
    if (send(fd.get(), request.data(), request.size(), MSG_NOSIGNAL) < 0) return -1;
    const auto got = recv(fd.get(), answer, sizeof answer, 0);
    const std::string_view text(answer, got > 0 ? static_cast<std::size_t>(got) : 0);
    return to_number<pid_t>(text).value_or(-1);
  }

  host::Endpoint at_ = host::local_ports().next().value();
  process::Guard guard_ = process::Guard::start().value();
  std::optional<process::Process> process_;
  std::optional<WorkerWatch> watch_;
};

TEST_F(WorkerWatchTest, FindsEachWorkerThoughOneCouldTakeAll) {
  start_workers(4);
  find(4);
  EXPECT_EQ(workers().missing, "");
  EXPECT_THAT(workers().strangers, IsEmpty());
  ASSERT_THAT(workers().all, SizeIs(4));
  for (const Worker& worker : workers().all) {
    EXPECT_NE(worker.pid, process_->pid()) << "who started them takes none";
    EXPECT_EQ(worker.image_not_seen, "");
    EXPECT_TRUE(worker.image.program.contains("python"));
    if (!worker.waits_not_seen.empty()) continue;
    // Python's own code may be the program's, its library's or a module's.
    EXPECT_THAT(worker.waits_for_clients_in, Contains(HasSubstr("python")));
    EXPECT_THAT(worker.waits_for_others_in, IsEmpty());
  }
  EXPECT_GT(ask(), 0) << "all of them go on";
}

TEST_F(WorkerWatchTest, FindsThoseThatNobodyAskedFor) {
  start_workers(5);
  find(2);
  EXPECT_THAT(workers().all, SizeIs(5));
}

TEST_F(WorkerWatchTest, WaitsForThoseThatComeLate) {
  start(
      "listening = listen(PORT)\n"
      "for i in range(2):\n"
      "    if os.fork() == 0:\n"
      "        time.sleep(1.5 * i)\n"
      "        serve(listening)\n"
      "say('ready')\n"
      "time.sleep(1000)\n");
  find(2, std::chrono::minutes(1));
  EXPECT_THAT(workers().all, SizeIs(2));
}

TEST_F(WorkerWatchTest, SaysWhenThereAreTooFew) {
  start_workers(1);
  find(2);
  EXPECT_THAT(workers().all, SizeIs(1));
  EXPECT_EQ(workers().missing, "");
}

TEST_F(WorkerWatchTest, NamesWhoTheServerDidNotStart) {
  start(
      "listening = listen(PORT)\n"
      "if os.fork() == 0:\n"
      "    if os.fork() == 0:\n"
      "        os.setsid()\n"
      "        say('ready')\n"
      "        serve(listening)\n"
      "    os._exit(0)\n"
      "os.wait()\n"
      "listening.close()\n"
      "time.sleep(1000)\n");
  find(1);
  EXPECT_THAT(workers().all, IsEmpty());
  ASSERT_THAT(workers().strangers, SizeIs(1));
  EXPECT_EQ(workers().strangers.front(), fmt::format("process {} (python3)", pid_of("ready")));
}

TEST_F(WorkerWatchTest, WhoKeepsAConnectionUntilAStoppedWorkerHasItServesNobody) {
  start("dispatch(waits=True)\n");
  find(2);
  EXPECT_THAT(workers().all, SizeIs(2));
  EXPECT_THAT(workers().pids(), Not(Contains(process_->pid())));
  EXPECT_THAT(workers().strangers, IsEmpty());
  EXPECT_EQ(workers().missing, "");
}

TEST_F(WorkerWatchTest, WhatIsOnItsWayToAStoppedWorkerIsNoStrangers) {
  start("dispatch(waits=False)\n");
  find(2);
  EXPECT_THAT(workers().all, SizeIs(2));
  EXPECT_THAT(workers().pids(), Not(Contains(process_->pid())));
  EXPECT_THAT(workers().strangers, IsEmpty());
  EXPECT_EQ(workers().missing, "");
}

TEST_F(WorkerWatchTest, SaysThatNobodyListens) {
  start("say('ready')\ntime.sleep(1000)\n");
  find(1);
  EXPECT_THAT(workers().all, IsEmpty());
  EXPECT_NE(workers().missing, "");
}

TEST_F(WorkerWatchTest, HasOneWorkAlone) {
  start_workers(3);
  find(3);
  ASSERT_THAT(workers().all, SizeIs(3));
  for (const pid_t wanted : workers().pids()) {
    std::vector<pid_t> answered;
    watch_->look_while_alone(
        wanted,
        [&] {
          for (int i = 0; i < 5; ++i) answered.push_back(ask());
        },
        [] { return false; }, [] {});
    EXPECT_THAT(answered, Each(wanted));
  }
}

TEST_F(WorkerWatchTest, CountsWhatEachTakes) {
  start_workers(1);
  find(1);
  // A request that is not finished is held until somebody has looked.
  HalfRequests requests(at_, request, clock_);
  ASSERT_TRUE(requests.open(3));
  std::atomic<bool> taken = false, released = false;
  int looks = 0;
  watch_->look_while(
      [&] {
        taken =
            process::eventually([&] { return host::connections_at(at_)->accepted.size() == 3; });
        EXPECT_TRUE(process::eventually([&] { return released.load(); }));
      },
      [&] { return taken && ++looks > 2; }, [&] { released = true; });
  requests.finish(std::chrono::minutes(1));
  EXPECT_EQ(workers().all.front().accepts, 3);
  EXPECT_EQ(workers().all.front().most_held, 3);
}

}  // namespace
}  // namespace unrig::audit
