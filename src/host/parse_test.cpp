#include "host/parse.h"

#include <gtest/gtest.h>

namespace unrig::host {
namespace {

using std::chrono::milliseconds;

TEST(ValueOf, FindsTheKeyAsAWhole) {
  constexpr std::string_view text =
      "MemTotalOther: 1 kB\nMemTotal:       24653028 kB\nMemFree: 2 kB\n";
  EXPECT_EQ(value_of(text, "MemTotal", ':'), "24653028 kB");
  EXPECT_EQ(value_of(text, "Mem", ':'), "");
  EXPECT_EQ(value_of("", "Mem", ':'), "");
}

TEST(ValueOf, TakesQuotesOff) {
  EXPECT_EQ(
      value_of("NAME=Debian\nPRETTY_NAME=\"Debian GNU/Linux 12 (bookworm)\"\n", "PRETTY_NAME", '='),
      "Debian GNU/Linux 12 (bookworm)");
  EXPECT_EQ(value_of("A=\"\n", "A", '='), "\"");
}

TEST(ValueOf, OfSeveralTakesTheFirst) {
  EXPECT_EQ(value_of("model name\t: One\nmodel name\t: Two\n", "model name", ':'), "One");
}

TEST(Kilobytes, AreBytes) {
  EXPECT_EQ(kilobytes("3 kB"), 3072);
  for (const char* text : {"", "3", "3 MB", "x kB", "3 kB more"}) EXPECT_EQ(kilobytes(text), 0);
}

TEST(Bytes, OfALineThatIsMissingAreNotZero) {
  constexpr std::string_view text = "SwapTotal:  0 kB\nMemAvailable:  3 kB\nHuge: 3\n";
  EXPECT_EQ(bytes_of(text, "SwapTotal"), 0);
  EXPECT_EQ(bytes_of(text, "MemAvailable"), 3072);
  EXPECT_FALSE(bytes_of(text, "SwapFree"));
  EXPECT_FALSE(bytes_of(text, "Huge"));
}

TEST(Choice, IsWhatStandsInBrackets) {
  EXPECT_EQ(choice("always [madvise] never\n"), "madvise");
  EXPECT_EQ(choice("32768\t60999\n"), "32768 60999");
  EXPECT_EQ(choice("]a[\n"), "]a[");
  EXPECT_EQ(choice("\n"), "");
}

TEST(MachineCpu, AddsUpWhatIsBusy) {
  const MachineCpu cpu =
      parse_machine_cpu(
          "cpu  1 20 300 4000 50000 600000 7000000 80000000 5 6\ncpu0 9 9 9 9 9 9 9 9 9 9\n", 100)
          .value();
  EXPECT_EQ(cpu.busy, milliseconds(10) * (1 + 20 + 300 + 600000 + 7000000));
  EXPECT_EQ(cpu.idle, milliseconds(10) * (4000 + 50000));
  EXPECT_EQ(cpu.steal, milliseconds(10) * 80000000);
  EXPECT_EQ(cpu.interrupts, milliseconds(10) * (600000 + 7000000));
}

TEST(MachineCpu, OfAnotherTextIsNothing) {
  for (const char* text :
       {"", "cpu", "cpu 1 2 3 4", "intr 1 2 3 4 5 6 7 8 9", "cpu 1 2 3 x 5 6 7 8 9"}) {
    EXPECT_FALSE(parse_machine_cpu(text, 100)) << text;
  }
}

TEST(CoreCpus, AreToldByNumber) {
  constexpr std::string_view stat =
      "cpu  9 9 9 9 9 9 9 9 9 9\ncpu0 1 0 2 5 0 0 3 4 0 0\ncpu12 7 0 0 0 0 0 0 0 0 0\n"
      "cpu3 1 2\nintr 1 2 3 4 5 6 7 8 9 10\n";
  const auto cores = parse_core_cpus(stat, 100);
  ASSERT_EQ(cores.size(), 2U);
  EXPECT_EQ(cores.at(0).busy, milliseconds(60));
  EXPECT_EQ(cores.at(0).interrupts, milliseconds(30));
  EXPECT_EQ(cores.at(0).steal, milliseconds(40));
  EXPECT_EQ(cores.at(12).busy, milliseconds(70));
  EXPECT_TRUE(parse_core_cpus("", 100).empty());
}

TEST(SocketCount, IsFoundByProtocolAndName) {
  constexpr std::string_view text =
      "sockets: used 10\nTCP: inuse 1 orphan 0 tw 37 alloc 1 mem 25\nUDP: inuse 2 mem\n";
  EXPECT_EQ(socket_count(text, "TCP", "tw"), 37u);
  EXPECT_EQ(socket_count(text, "UDP", "inuse"), 2u);
  EXPECT_FALSE(socket_count(text, "UDP", "mem"));
  EXPECT_FALSE(socket_count(text, "TCP", "0")) << "a value is no name";
  EXPECT_FALSE(socket_count(text, "RAW", "inuse"));
  for (const char* other : {"", "TCP: inuse 8", "TCP: tw", "TCP: tw x", "UDP: tw 3"})
    EXPECT_FALSE(socket_count(other, "TCP", "tw")) << other;
}

TEST(NetCounter, IsFoundByProtocolAndName) {
  constexpr std::string_view text =
      "Ip: A B\nIp: 1 2\nTcp: MaxConn A RetransSegs\nTcp: -1 3 18446744073709551615\nUdp: A\nUdp: "
      "5\n";
  EXPECT_EQ(net_counter(text, "Ip", "A"), 1u);
  EXPECT_EQ(net_counter(text, "Tcp", "A"), 3u);
  EXPECT_EQ(net_counter(text, "Udp", "A"), 5u);
  EXPECT_EQ(net_counter(text, "Tcp", "RetransSegs"), 18446744073709551615u);
}

TEST(NetCounter, ThatIsMissingIsNotZero) {
  EXPECT_FALSE(net_counter("Tcp: A B\nTcp: 1\n", "Tcp", "B"));
  EXPECT_FALSE(net_counter("Tcp: A B\nTcp: 1 2\n", "Tcp", "C"));
  EXPECT_FALSE(net_counter("Tcp: A\nTcp: -1\n", "Tcp", "A"));
  EXPECT_FALSE(net_counter("Tcp: A\n", "Tcp", "A"));
  EXPECT_FALSE(net_counter("", "Tcp", "A"));
}

TEST(PortRange, IsReadOrTheDefault) {
  EXPECT_EQ(parse_port_range("1024\t2048\n").low, 1024);
  EXPECT_EQ(parse_port_range("1024\t2048\n").high, 2048);
  for (const char* text : {"", "1024", "a b", "1 2 3"}) {
    EXPECT_EQ(parse_port_range(text).low, 32768) << text;
    EXPECT_EQ(parse_port_range(text).high, 60999) << text;
  }
}

TEST(Hypervisor, HasItsCommonName) {
  EXPECT_EQ(hypervisor_name("KVMKVMKVM"), "kvm");
  EXPECT_EQ(hypervisor_name("Microsoft Hv"), "hyper-v");
  EXPECT_EQ(hypervisor_name("New\x1bHv"), "New\\x1bHv");
}

}  // namespace
}  // namespace unrig::host
