#include "audit/pg_wire.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "base/random.h"

namespace unrig::audit {
namespace {

using std::string_literals::operator""s;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Pair;

std::string number(std::uint32_t value) {
  return {static_cast<char>(value >> 24), static_cast<char>(value >> 16),
          static_cast<char>(value >> 8), static_cast<char>(value)};
}
std::string message(char type, const std::string& body) {
  return type + number(static_cast<std::uint32_t>(body.size() + 4)) + body;
}
std::string untyped(std::uint32_t code, const std::string& body = "") {
  return number(static_cast<std::uint32_t>(body.size() + 8)) + number(code) + body;
}
const std::string startup = untyped(196608, "user\0app\0\0"s);
const std::string logged_in = message('R', number(0)) + message('Z', "I");

std::string query(const std::string& text) {
  return message('Q', text + '\0');
}

struct Talk {
  PgTally tally;
  PgConversation conversation{tally};

  void turn(const std::string& client, const std::string& server) {
    conversation.from_client(client);
    conversation.from_server(server);
  }
};

TEST(Normalised, TakesValuesOut) {
  EXPECT_EQ(normalised("SELECT t.a, t.b FROM pg_sleep(0.02), test t WHERE t.a = 123456"),
            "SELECT t.a, t.b FROM pg_sleep(?), test t WHERE t.a = ?");
  EXPECT_EQ(normalised("SELECT t.a, t.b FROM pg_sleep($1), test t WHERE t.a = $2"),
            "SELECT t.a, t.b FROM pg_sleep(?), test t WHERE t.a = ?");
  EXPECT_EQ(normalised("f('it''s', E'a\\'b', $$x$$, $q$ $$ $q$, 1e-5, .5, 0x1F)"),
            "f(?, ?, ?, ?, ?, ?, ?)");
}

TEST(Normalised, LeavesNamesAlone) {
  EXPECT_EQ(normalised("select \"col 1\", t1.x2 from e"), "select \"col 1\", t1.x2 from e");
}

TEST(Normalised, MakesBlanksAndCommentsOneBlank) {
  EXPECT_EQ(normalised("  a \n\t b/* 1 */c -- d\n e  "), "a b c e");
}

TEST(Normalised, IsCut) {
  const auto text = normalised(std::string(10'000, 'x') + " y");
  EXPECT_EQ(text.size(), statement_length);
  EXPECT_TRUE(text.ends_with("..."));
}

TEST(Normalised, EndsWhateverIsLeftOpen) {
  for (const char* text : {"'a", "E'a\\", "\"a", "$a$b", "$", "/*", "--", "1e", "e"}) {
    EXPECT_LE(normalised(text).size(), 4U) << text;
  }
}

TEST(PgConversation, CountsSimpleQueries) {
  Talk talk;
  talk.turn(startup, logged_in);
  talk.turn(query("BEGIN"), message('C', "BEGIN\0"s) + message('Z', "T"));
  talk.turn(query("SELECT 1"), message('Z', "T"));
  talk.turn(query("COMMIT"), message('Z', "I"));
  talk.conversation.from_client(message('X', ""));
  EXPECT_EQ(talk.tally.round_trips, 4U);
  EXPECT_EQ(talk.tally.ready, 4U);
  EXPECT_EQ(talk.tally.errors, 0U);
  EXPECT_EQ(talk.tally.unreadable, 0U);
  EXPECT_THAT(talk.tally.statements,
              ElementsAre(Pair("BEGIN", 1), Pair("COMMIT", 1), Pair("SELECT ?", 1)));
}

TEST(PgConversation, CountsExtendedQueriesByTheirStatement) {
  Talk talk;
  talk.turn(startup, logged_in);
  // As asyncpg does it: prepare in one flight, run in the next; then the same portal again.
  talk.turn(message('P', "s1\0SELECT $1\0\0\0"s) + message('D', "Ss1\0"s) + message('S', ""),
            message('Z', "I"));
  talk.turn(message('B', "\0s1\0"s) + message('E', "\0\0\0\0\0"s) + message('S', ""),
            message('Z', "I"));
  talk.turn(message('B', "p\0s1\0"s) + message('E', "p\0\0\0\0\0"s) + message('S', ""),
            message('Z', "I"));
  EXPECT_EQ(talk.tally.round_trips, 4U);
  EXPECT_THAT(talk.tally.statements, ElementsAre(Pair("SELECT ?", 2)));
}

TEST(PgConversation, TellsStatementsThatOutliveTheirTransaction) {
  const auto run = [](const std::string& name) {
    return message('B', "\0"s + name + "\0"s) + message('E', "\0\0\0\0\0"s) + message('S', "");
  };
  const auto prepare = [](const std::string& name) {
    return message('P', name + "\0SELECT 1\0\0\0"s);
  };
  const auto sync = message('S', "");
  Talk named;
  named.turn(startup, logged_in);
  named.turn(prepare("s1") + run("s1"), message('Z', "I"));
  EXPECT_EQ(named.tally.left_named, 1U) << "whoever gets the session next meets it";
  named.turn(run("s1"), message('Z', "I"));
  EXPECT_EQ(named.tally.left_named, 1U);
  named.turn(prepare("s2") + run("s2") + message('C', "Ss2\0"s) + sync, message('Z', "I"));
  EXPECT_EQ(named.tally.left_named, 1U) << "it was closed in time";

  Talk unnamed;
  unnamed.turn(startup, logged_in);
  unnamed.turn(prepare("") + run(""), message('Z', "I"));
  EXPECT_EQ(unnamed.tally.carried_unnamed, 0U) << "in one piece";
  unnamed.turn(prepare("") + sync, message('Z', "I"));
  unnamed.turn(run(""), message('Z', "I"));
  EXPECT_EQ(unnamed.tally.carried_unnamed, 1U);
  EXPECT_EQ(unnamed.tally.left_named, 0U);

  Talk inside;
  inside.turn(startup, logged_in);
  inside.turn(query("BEGIN"), message('Z', "T"));
  inside.turn(prepare("") + sync, message('Z', "T"));
  inside.turn(run(""), message('Z', "T"));
  inside.turn(prepare("s1") + sync, message('Z', "T"));
  EXPECT_EQ(inside.tally.carried_unnamed, 0U) << "the session is its own as long";
  EXPECT_EQ(inside.tally.left_named, 0U);
  inside.turn(query("COMMIT"), message('Z', "I"));
  EXPECT_EQ(inside.tally.left_named, 1U);
}

TEST(PgConversation, CountsExecutesThatHaveASyncOfTheirOwn) {
  const auto bind = message('B', "\0\0"s);
  const auto execute = message('E', "\0\0\0\0\0"s);
  const auto sync = message('S', "");
  const auto ready = message('Z', "I");
  Talk own;
  own.turn(startup, logged_in);
  own.turn(bind + execute + sync, ready);
  own.turn(message('P', "\0SELECT 1\0\0\0"s) + sync, ready);
  own.turn(bind + execute + sync, ready);
  EXPECT_EQ(own.tally.executes, 2U);
  EXPECT_EQ(own.tally.own_syncs, 2U);
  EXPECT_EQ(own.tally.overlapped, 0U);
  Talk shared;
  shared.turn(startup, logged_in);
  shared.turn(bind + execute + bind + execute + sync, ready);
  EXPECT_EQ(shared.tally.executes, 2U);
  EXPECT_EQ(shared.tally.own_syncs, 0U);
  EXPECT_EQ(shared.tally.overlapped, 0U);
  Talk flushed;
  flushed.turn(startup, logged_in);
  flushed.turn(bind + execute + message('H', ""), "");
  EXPECT_EQ(flushed.tally.executes, 1U);
  EXPECT_EQ(flushed.tally.own_syncs, 0U);
}

TEST(PgConversation, CountsStatementsThatDoNotWaitForTheOneBefore) {
  const auto run = message('B', "\0\0"s) + message('E', "\0\0\0\0\0"s) + message('S', "");
  Talk talk;
  talk.turn(startup, logged_in);
  talk.turn(query("SELECT 1"), message('Z', "I"));
  talk.turn(run, message('Z', "I"));
  EXPECT_EQ(talk.tally.overlapped, 0U);
  talk.turn(run + run, message('Z', "I") + message('Z', "I"));
  EXPECT_EQ(talk.tally.own_syncs, 3U);
  EXPECT_EQ(talk.tally.overlapped, 1U);
  talk.turn(query("SELECT 1") + query("SELECT 2"), message('Z', "I") + message('Z', "I"));
  EXPECT_EQ(talk.tally.overlapped, 2U);
}

TEST(PgConversation, ForgetsWhatIsClosed) {
  Talk talk;
  talk.turn(startup, logged_in);
  talk.conversation.from_client(message('P', "s\0SELECT 1\0\0\0"s) + message('C', "Ss\0"s) +
                                message('B', "\0s\0"s) + message('E', "\0\0\0\0\0"s));
  EXPECT_THAT(talk.tally.statements, ElementsAre(Pair("(unknown)", 1)));
}

TEST(PgConversation, CountsTheQuestionForEncryptionAsARoundTrip) {
  Talk talk;
  talk.turn(untyped(80877104), "N");
  talk.turn(untyped(80877103), "N");
  talk.turn(startup, logged_in);
  talk.turn(query("SELECT 1"), message('E', "") + message('Z', "I"));
  EXPECT_EQ(talk.tally.round_trips, 4U);
  EXPECT_EQ(talk.tally.statements.at("SELECT ?"), 1U);
  EXPECT_EQ(talk.tally.errors, 1U);
  EXPECT_EQ(talk.tally.unreadable, 0U);
}

TEST(PgConversation, SaysThatItCannotReadWhatIsEncrypted) {
  Talk talk;
  talk.turn(untyped(80877103), "S");
  talk.turn("\x16\x03\x01", "\x16\x03\x03");
  EXPECT_EQ(talk.tally.unreadable, 1U);
  EXPECT_EQ(talk.tally.round_trips, 2U);
  EXPECT_THAT(talk.tally.statements, IsEmpty());
}

/// A point in time, milliseconds after some beginning.
Instant at(int ms) {
  return Instant{} + std::chrono::milliseconds(ms);
}

TEST(PgConversation, TimesEachStatementToTheEndOfItsAnswer) {
  using std::chrono::milliseconds;
  Talk talk;
  auto& said = talk.conversation;
  said.from_client(startup, at(0));
  said.from_server(logged_in, at(90));
  EXPECT_THAT(talk.tally.least, IsEmpty()) << "a session that begins runs nothing";
  said.from_client(query("SELECT 1"), at(100));
  said.from_server(message('D', "row"), at(101));
  said.from_server(message('Z', "I"), at(125));
  said.from_client(query("SELECT 2"), at(200));
  said.from_server(message('Z', "I"), at(220));
  said.from_client(query("SELECT 3"), at(300));
  said.from_server(message('Z', "I"), at(390));
  said.from_client(query("COMMIT"), at(400));
  said.from_server(message('Z', "I"), at(401));
  EXPECT_THAT(talk.tally.least,
              ElementsAre(Pair("COMMIT", milliseconds(1)), Pair("SELECT ?", milliseconds(20))));
}

TEST(PgConversation, TimesWhatIsSentBeforeTheLastAnswerByItsOwn) {
  using std::chrono::milliseconds;
  Talk talk;
  auto& said = talk.conversation;
  const auto run_it = message('E', "\0\0\0\0\0"s) + message('S', "");
  said.from_client(startup, at(0));
  said.from_server(logged_in, at(1));
  said.from_client(message('P', "\0SELECT a\0\0\0"s) + message('S', ""), at(2));
  said.from_client(message('B', "\0\0"s) + run_it, at(3));
  said.from_client(query("SELECT b"), at(4));
  said.from_server(message('Z', "I"), at(10));  // of the preparation
  EXPECT_THAT(talk.tally.least, IsEmpty());
  said.from_server(message('Z', "I"), at(30));
  said.from_server(message('Z', "I"), at(31));
  EXPECT_THAT(talk.tally.least,
              ElementsAre(Pair("SELECT a", milliseconds(27)), Pair("SELECT b", milliseconds(27))));
}

TEST(PgConversation, TimesNothingWithoutAClock) {
  Talk talk;
  talk.turn(startup, logged_in);
  talk.turn(query("SELECT 1"), message('Z', "I"));
  EXPECT_THAT(talk.tally.least, IsEmpty());
}

TEST(PgConversation, CountsTransactionsByTheirEnd) {
  Talk talk;
  talk.turn(startup, logged_in);
  EXPECT_EQ(talk.tally.transactions, 0U);
  talk.turn(query("BEGIN"), message('Z', "T"));
  talk.turn(query("SELECT 1"), message('Z', "T"));
  EXPECT_EQ(talk.tally.transactions, 0U);
  talk.turn(query("COMMIT"), message('Z', "I"));
  EXPECT_EQ(talk.tally.transactions, 1U);
  // To prepare a statement is one of its own; to ask for nothing is none.
  talk.turn(message('P', "\0SELECT 1\0\0\0"s) + message('S', ""), message('Z', "I"));
  talk.turn(message('S', ""), message('Z', "I"));
  talk.turn(message('B', "\0\0"s) + message('E', "\0\0\0\0\0"s) + message('S', ""),
            message('E', "") + message('Z', "I"));
  EXPECT_EQ(talk.tally.transactions, 3U);
}

TEST(PgConversation, WhoWaitsForNoAnswerCannotMakeItGrow) {
  Talk talk;
  talk.turn(startup, logged_in);
  for (int i = 0; i < 10'000; ++i) talk.conversation.from_client(message('S', ""), at(i));
  for (int i = 0; i < 10'000; ++i)
    talk.conversation.from_client(message('E', "\0\0\0\0\0"s), at(i));
  EXPECT_EQ(talk.tally.statements.at("(unknown)"), 10'000U);
  talk.conversation.from_server(message('Z', "I"), at(20'000));
  EXPECT_THAT(talk.tally.least, IsEmpty()) << "nobody knows which of them that answers";
}

TEST(PgConversation, CountsStatementsThatAreUnderWayTogether) {
  PgTally tally;
  {
    PgConversation first(tally), second(tally);
    for (auto* one : {&first, &second}) {
      one->from_client(startup);
      one->from_server(logged_in);
    }
    EXPECT_EQ(tally.most_under_way, 0);
    first.from_client(query("SELECT 1"));
    first.from_server(message('D', "row"));
    EXPECT_EQ(tally.under_way, 1);
    first.from_server(message('Z', "I"));
    EXPECT_EQ(tally.under_way, 0);
    second.from_client(query("SELECT 1"));
    EXPECT_EQ(tally.most_under_way, 1) << "one after the other";
    first.from_client(message('B', "\0\0"s) + message('E', "\0\0\0\0\0"s));
    EXPECT_EQ(tally.most_under_way, 2);
  }
  EXPECT_EQ(tally.under_way, 0) << "what is cut off is over";
  EXPECT_EQ(tally.most_under_way, 2);
}

TEST(PgConversation, DoesNotCareHowBytesAreCut) {
  Talk whole;
  whole.turn(startup + query("SELECT 1") + query("SELECT 'a'"), logged_in + message('Z', "I"));
  Talk cut;
  for (const char c : startup + query("SELECT 1") + query("SELECT 'a'")) {
    cut.conversation.from_client({&c, 1});
  }
  for (const char c : logged_in + message('Z', "I")) cut.conversation.from_server({&c, 1});
  EXPECT_EQ(cut.tally.statements, whole.tally.statements);
  EXPECT_EQ(cut.tally.ready, 2U);
  EXPECT_EQ(cut.tally.round_trips, 1U);
}

TEST(PgConversation, LongMessagesAreReadButNotKept) {
  Talk talk;
  talk.turn(startup, logged_in);
  talk.conversation.from_client(query("SELECT '" + std::string(100'000, 'x') + "'"));
  talk.conversation.from_client(query("SELECT 2"));
  EXPECT_EQ(talk.tally.statements.at("SELECT ?"), 2U);
  EXPECT_EQ(talk.tally.unreadable, 0U);
}

TEST(PgConversation, NoSuchProtocolIsUnreadableOnce) {
  for (const std::string& bytes :
       {"GET / HTTP/1.1\r\n\r\n"s, "\0\0\0\0\0\0\0\0"s, untyped(12345), startup + "Q\0\0\0\3"s,
        startup + "\0\0\0\0\4"s, startup + "Q\xff\xff\xff\xff"s}) {
    Talk talk;
    talk.turn(bytes, "");
    talk.turn("more", "even more");
    EXPECT_EQ(talk.tally.unreadable, 1U);
  }
}

TEST(PgTally, KindsOfStatementsAreLimited) {
  PgTally tally;
  for (int i = 0; i < 1000; ++i) tally.add("SELECT c" + std::to_string(i));
  EXPECT_EQ(tally.statements.size(), statement_kinds + 1);
  EXPECT_EQ(tally.statements.at("(other statements)"), 1000 - statement_kinds);
}

TEST(PgConversation, TakesAnyBytes) {
  RandomStream random(1, "bytes");
  for (int run = 0; run < 2000; ++run) {
    Talk talk;
    if (run % 2 == 0) talk.turn(startup, logged_in);
    for (int piece = 0; piece < 8; ++piece) {
      std::string bytes;
      const auto size = random() % 40;
      for (std::uint64_t i = 0; i < size; ++i) {
        // Small numbers, so that lengths are often believable.
        bytes += static_cast<char>(random() % 3 == 0 ? "QPBEC"[random() % 5] : random() % 12);
      }
      piece % 3 == 2 ? talk.conversation.from_server(bytes) : talk.conversation.from_client(bytes);
    }
    EXPECT_LE(talk.tally.unreadable, 1U);
  }
}

}  // namespace
}  // namespace unrig::audit
