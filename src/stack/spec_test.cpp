#include "stack/spec.h"

#include <fmt/format.h>
#include <gmock/gmock.h>

#include "stack/testing_stacks.h"

namespace unrig::stack {
namespace {

using ::testing::ElementsAre;
using ::testing::EndsWith;
using ::testing::HasSubstr;

constexpr std::string_view good = R"(framework = "Flask"
server = "Gunicorn"
concurrency = "async-greenlet"
application = "app.py"
driver = "psycopg2"
event_loop = "uvloop.Loop"
c_extensions = ["a._b"]
command = ["{bin}/serve", "--bind", "{host}:{port}", "{extra}", "{module}:app"]

[environment]
UNRIG_YIELD = "gevent"

[vintage.2026]
group = "wsgi"
extra = ["--quiet"]

[vintage.2020]
group = "old"
note = "altered compiler flags"
)";

class SpecTest : public StacksTest {
 protected:
  SpecTest() : StacksTest(std::string(good)) { write("stacks/one/app.py", "app = 1\n"); }
};

TEST_F(SpecTest, ReadsEveryKey) {
  const auto stacks = load(good);
  ASSERT_TRUE(stacks) << stacks.error().what;
  ASSERT_EQ(stacks->size(), 1U);
  const auto& spec = stacks->front();
  EXPECT_EQ(spec.name, "one");
  EXPECT_EQ(spec.framework, "Flask");
  EXPECT_EQ(spec.server, "Gunicorn");
  EXPECT_EQ(spec.concurrency, scenario::Concurrency::async_greenlet);
  EXPECT_EQ(spec.application, folder() / "stacks/one/app.py");
  EXPECT_EQ(spec.driver, "psycopg2");
  EXPECT_EQ(spec.health, "/test");
  EXPECT_EQ(spec.event_loop, "uvloop.Loop");
  EXPECT_THAT(spec.c_extensions, ElementsAre("a._b"));
  EXPECT_EQ(spec.environment.at("UNRIG_YIELD"), "gevent");
  ASSERT_EQ(spec.vintages.size(), 2U);
  EXPECT_EQ(spec.vintages[0].name, "2026") << "in the order of the file";
  EXPECT_THAT(spec.vintages[0].extra, ElementsAre("--quiet"));
  EXPECT_EQ(spec.vintage("2020")->note, "altered compiler flags");
  EXPECT_EQ(spec.vintage("1999"), nullptr);
}

TEST_F(SpecTest, SaysHowItsServerListens) {
  using scenario::ProxyProtocol;
  using scenario::ProxySocket;
  const scenario::Way port{}, socket{ProxyProtocol::http, ProxySocket::unix_domain};
  const scenario::Way uwsgi{ProxyProtocol::uwsgi, ProxySocket::tcp};
  const auto plain = load(good);
  ASSERT_TRUE(plain) << plain.error().what;
  EXPECT_TRUE(plain->front().takes(port)) << "by its command";
  EXPECT_FALSE(plain->front().takes(socket));

  std::string text =
      with("\"--bind\", \"{host}:{port}\", \"{extra}\"", "\"{listen}\", \"{extra}\"");
  text +=
      "[listen]\nhttp = [\"--bind\", \"{host}:{port}\"]\nhttp_unix = [\"--bind\", "
      "\"unix:{socket}\"]\n";
  const auto stacks = load(text);
  ASSERT_TRUE(stacks) << stacks.error().what;
  const auto& spec = stacks->front();
  ASSERT_NE(spec.listening(socket), nullptr);
  EXPECT_THAT(*spec.listening(socket), ElementsAre("--bind", "unix:{socket}"));
  EXPECT_TRUE(spec.takes(port));
  EXPECT_TRUE(check_way(spec, socket, *stacks));
  const auto refused = check_way(spec, uwsgi, *stacks);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().kind, ErrorKind::usage);
  EXPECT_THAT(refused.error().what,
              HasSubstr("one does not say how its server is reached with proxy.protocol=uwsgi and "
                        "proxy.socket=tcp"));
  EXPECT_THAT(refused.error().help, HasSubstr("no stack does"));
  EXPECT_EQ(check_way(plain->front(), socket, *stacks).error().help, "these do: one");
}

TEST_F(SpecTest, ListeningIsCheckedLikeACommand) {
  const auto of = [&](std::string_view command, std::string_view table) {
    return with("\"--bind\", \"{host}:{port}\"", command) + "[listen]\n" + std::string(table);
  };
  const auto told = [&](const std::string& text) {
    const auto stacks = load(text);
    return stacks ? std::string("fine") : stacks.error().what;
  };
  EXPECT_THAT(told(of("\"{listen}\"", "http_unix = [\"{socket}\"]\n")), HasSubstr("'http'"));
  EXPECT_THAT(told(of("\"-x\"", "http = [\"{port}\"]\n")), HasSubstr("no word \"{listen}\""));
  EXPECT_THAT(told(of("\"{listen}\"", "http = [\"{socket}\"]\n")),
              HasSubstr("unknown placeholder {socket}"));
  EXPECT_THAT(told(of("\"{listen}\"", "http = [\"{port}\"]\nhttp_unix = [\"{port}\"]\n")),
              HasSubstr("unknown placeholder {port}"));
  EXPECT_THAT(told(of("\"{listen}\"", "http = [\"{port}\"]\nfcgi = [\"{port}\"]\n")),
              HasSubstr("fcgi"));
  EXPECT_THAT(told(with("\"--bind\", \"{host}:{port}\"", "\"{listen}\"")),
              HasSubstr("unknown placeholder {listen}"));
}

TEST_F(SpecTest, TellsWhereAFileIsBroken) {
  struct Case {
    std::string content;
    std::string place;
    std::string_view sentence;
  };
  const Case cases[] = {
      {with("server = \"Gunicorn\"", "server = \"Gunicorn"), place(2, 19), ""},
      {with("\"Gunicorn\"", "\"\""), place(2, 10), "must not be empty"},
      {with("driver =", "drivr ="), place(5, 1), "unknown key 'drivr'"},
      {with("group = \"wsgi\"", "group = 3"), place(14, 9), "'group' must be a text"},
      {with("\"async-greenlet\"", "\"async\""), place(3, 15), "no concurrency model"},
      {with("\"app.py\"", "\"other.py\""), place(4, 15), "there is no file 'other.py'"},
      {with("\"app.py\"", "\"../one/app.py\""), place(4, 15), "without folder"},
      {with("\"app.py\"", "\"app\""), place(4, 15), "with a suffix"},
      {"language = \"../x\"\n" + std::string(good), place(1, 12), "a language's name"},
      {with("{port}", "{porto}"), place(8, 11), "unknown placeholder {porto}"},
      {with("\"{extra}\"", "\"|\", \"tee\""), place(8, 11), "no shell is used"},
      {with("[\"--quiet\"]", "[\"{what}\"]"), place(15, 9), "unknown placeholder {what}"},
      {with("\"gevent\"", "1"), place(11, 15), "must be a text"},
      {with("UNRIG_YIELD", "\"A B\""), place(11, 1), "cannot name a variable"},
      {with("[\"a._b\"]", "[1]"), place(7, 17), "must be a list of texts"},
      {"worker = \"fibre\"\n" + std::string(good), place(1, 10), "no kind of worker"},
      {"statements = 0\n" + std::string(good), place(1, 14), "a whole number from 1"},
      {"statements = \"1\"\n" + std::string(good), place(1, 14), "a whole number from 1"},
      {"build = [\"make\"]\n" + std::string(good), place(1, 9), "not for Python stacks"},
  };
  for (const auto& [content, where, sentence] : cases) {
    const auto stacks = load(content);
    ASSERT_FALSE(stacks) << where;
    EXPECT_EQ(stacks.error().kind, ErrorKind::usage);
    EXPECT_THAT(stacks.error().what, HasSubstr(where));
    EXPECT_THAT(stacks.error().what, HasSubstr(sentence));
  }
}

TEST_F(SpecTest, WantsAListNotATextForAShell) {
  const auto stacks =
      load(with("[\"{bin}/serve\", \"--bind\", \"{host}:{port}\", \"{extra}\", \"{module}:app\"]",
                "\"{bin}/serve | tee log\""));
  ASSERT_FALSE(stacks);
  EXPECT_THAT(stacks.error().what, HasSubstr(place(8, 11)));
  EXPECT_THAT(stacks.error().what, HasSubstr("no shell is used"));
}

TEST_F(SpecTest, WantsAVintageAndTheRequiredKeys) {
  const std::string text(good);
  const auto without_vintage = load(text.substr(0, text.find("[vintage")));
  ASSERT_FALSE(without_vintage);
  EXPECT_THAT(without_vintage.error().what, HasSubstr("no vintage"));
  const auto without_driver = load(with("driver = \"psycopg2\"", ""));
  ASSERT_FALSE(without_driver);
  EXPECT_THAT(without_driver.error().what, HasSubstr("'driver' is missing"));
}

TEST_F(SpecTest, AWorkerOfASyncStackIsAProcess) {
  for (const auto kind : {"thread", "server"}) {
    const auto worker = fmt::format("\"sync\"\nworker = \"{}\"", kind);
    const auto stacks = load(with("\"async-greenlet\"", worker));
    ASSERT_FALSE(stacks);
    EXPECT_THAT(stacks.error().what, HasSubstr(place(4, 10)));
  }
  const auto stacks = load(with("\"async-greenlet\"", "\"threads\"\nworker = \"thread\""));
  ASSERT_TRUE(stacks) << stacks.error().what;
  EXPECT_EQ(stacks->front().worker, scenario::Worker::thread);
}

TEST_F(SpecTest, APythonStackWithALockOfItsOwnNeedsNoGroup) {
  constexpr std::string_view own = R"(framework = "Mine"
server = "Gunicorn"
concurrency = "sync"
lock = "own.txt"
command = ["{bin}/gunicorn", "--chdir", "{folder}", "mine:app"]
[vintage.2026]
)";
  const auto missing = load(own);
  ASSERT_FALSE(missing);
  EXPECT_THAT(missing.error().what, HasSubstr(place(4, 8) + "there is no lock 'own.txt' beside"));
  write("stacks/one/own.txt", "gunicorn==23.0.0 --hash=sha256:0\n");
  const auto stacks = load(own);
  ASSERT_TRUE(stacks) << stacks.error().what;
  const auto& spec = stacks->front();
  EXPECT_EQ(spec.lock, folder() / "stacks/one/own.txt");
  EXPECT_EQ(spec.vintages.front().group, "");
  EXPECT_EQ(spec.driver, "");
  EXPECT_TRUE(spec.application.empty());
  write("stacks/one/own.txt", "gunicorn==23.0.1 --hash=sha256:0\n");
  EXPECT_NE(load(own)->front().hash, spec.hash) << "it carries its packages";

  const auto grouped = load(std::string(own) + "group = \"wsgi\"\n");
  ASSERT_FALSE(grouped);
  EXPECT_THAT(grouped.error().what, HasSubstr("is of no group"));
}

TEST_F(SpecTest, RejectsFoldersThatAreNoStacks) {
  ASSERT_TRUE(load(good));
  write("stacks/.git/config", "");
  EXPECT_TRUE(load(good)) << "hidden folders are none";
  write("stacks/empty/app.py", "");
  const auto empty = load(good);
  ASSERT_FALSE(empty);
  EXPECT_THAT(empty.error().what, EndsWith("empty has no stack.toml"));
  std::filesystem::remove_all(folder() / "stacks/empty");
  write("stacks/\x1b[31mred/stack.toml", good);
  const auto hostile = load(good);
  ASSERT_FALSE(hostile);
  EXPECT_THAT(hostile.error().what, HasSubstr("only lower-case letters"));
  EXPECT_EQ(hostile.error().what.find('\x1b'), std::string::npos);
}

TEST_F(SpecTest, FindsSharedApplicationsAndLaterFoldersWin) {
  write("apps/python/app_shared.py", "shared = 1\n");
  write("stacks/one/stack.toml", with("\"app.py\"", "\"app_shared.py\""));
  write("more/one/stack.toml", with("\"app.py\"", "\"app_shared.py\""));
  write("more/two/stack.toml", with("\"app.py\"", "\"app_shared.py\""));
  const std::vector<std::filesystem::path> folders = {folder() / "stacks",
                                                      folder() / "stacks/../more"};
  const auto stacks = load_stacks(folders);
  ASSERT_TRUE(stacks) << stacks.error().what;
  ASSERT_EQ(stacks->size(), 2U);
  EXPECT_EQ((*stacks)[0].folder, folder() / "more/one");
  EXPECT_EQ((*stacks)[0].application, folder() / "apps/python/app_shared.py");
  EXPECT_EQ((*stacks)[1].name, "two");
}

TEST_F(SpecTest, HashChangesWithEveryFileThatIsServed) {
  write("stacks/one/app_main.py", "app = 1\n");
  const auto toml = with("\"app.py\"", "\"app_main.py\"");
  const auto hash = [&] { return load(toml)->front().hash; };
  const auto first = hash();
  EXPECT_EQ(hash(), first);
  write("stacks/one/app_main.py", "app = 2\n");
  const auto second = hash();
  EXPECT_NE(second, first);
  write("stacks/one/data.py", "x = 1\n");
  const auto third = hash();
  EXPECT_NE(third, second);
  write("stacks/one/app_other.py", "x = 1\n");
  EXPECT_EQ(hash(), third) << "another application is none of its files";
}

TEST_F(SpecTest, HashOfAStackElsewhereChangesWithTheSharedModules) {
  write("apps/python/row.py", "x = 1\n");
  write("stacks/one/stack.toml", good);
  write("elsewhere/more/two/stack.toml", good);
  write("elsewhere/more/two/app.py", "");
  const std::vector<std::filesystem::path> folders = {folder() / "stacks",
                                                      folder() / "elsewhere/more"};
  const auto hash = [&] { return load_stacks(folders).value().back().hash; };
  ASSERT_EQ(load_stacks(folders).value().back().name, "two");
  const auto first = hash();
  write("apps/python/row.py", "x = 2\n");
  const auto second = hash();
  EXPECT_NE(second, first);
  write("apps/python/app_other.py", "x = 1\n");
  EXPECT_EQ(hash(), second) << "another application is none of its files";
}

TEST_F(SpecTest, FilesThatHaveNoEndOrNestWithoutEndAreRefused) {
  const auto file = folder() / "stacks/one/stack.toml";
  std::string deep = "a";
  for (int i = 0; i < 50'000; ++i) deep += ".a";
  const auto nested = load(deep + " = 1\n");
  ASSERT_FALSE(nested);
  EXPECT_EQ(nested.error().kind, ErrorKind::usage);
  EXPECT_THAT(nested.error().what, HasSubstr("stack.toml:1: a key of more than 32 parts"));
  std::filesystem::remove(file);
  ASSERT_EQ(::mkfifo(file.c_str(), 0600), 0);
  const std::vector<std::filesystem::path> folders = {folder() / "stacks"};
  const auto pipe = load_stacks(folders);
  ASSERT_FALSE(pipe);
  EXPECT_THAT(pipe.error().what, HasSubstr("it is no regular file"));
}

TEST_F(SpecTest, SelectsByNameAndVintage) {
  const auto stacks = load(good);
  ASSERT_TRUE(stacks);
  const auto plain = select(*stacks, "one", "2026");
  ASSERT_TRUE(plain);
  EXPECT_EQ(plain->vintage, "2026");
  EXPECT_EQ(select(*stacks, "one@2020", "2026")->vintage, "2020");
  const auto typo = select(*stacks, "onr", "2026");
  ASSERT_FALSE(typo);
  EXPECT_EQ(typo.error().kind, ErrorKind::usage);
  EXPECT_THAT(typo.error().help, HasSubstr("'one'"));
  const auto wrong_year = select(*stacks, "one@220", "2026");
  ASSERT_FALSE(wrong_year);
  EXPECT_THAT(wrong_year.error().help, HasSubstr("one@2020"));
}

// ---- an application of somebody's own

constexpr std::string_view own_stack = R"(framework = "Shop"
server = "Gunicorn"
concurrency = "sync"
command = ["venv/bin/gunicorn", "--workers", "{workers}", "--bind", "{host}:{port}", "app:app"]
directory = "../../shop"
[environment]
PORT = "{port}"
[request]
path = "/users/7"
[vintage.2026]
)";

TEST_F(SpecTest, AnApplicationOfOnesOwnSaysWhatItIsAskedFor) {
  write("shop/app.py", "");
  const auto stacks = load(own_stack);
  ASSERT_TRUE(stacks) << stacks.error().what;
  const auto& spec = stacks->front();
  ASSERT_TRUE(spec.own);
  EXPECT_EQ(spec.own->text(), "GET /users/7: status 200");
  EXPECT_EQ(spec.language, "native") << "it is there already";
  EXPECT_EQ(spec.health, "") << "its own request shows that it is ready";
  EXPECT_EQ(spec.directory, folder() / "shop");
  EXPECT_EQ(spec.environment.at("PORT"), "{port}");
}

TEST_F(SpecTest, OfAnApplicationOfOnesOwnMistakesAreTold) {
  const auto without_folder = load(own_stack);
  ASSERT_FALSE(without_folder);
  EXPECT_EQ(without_folder.error().what,
            place(5, 13) + "there is no folder " + (folder() / "shop").string());
  write("shop/app.py", "");
  std::string text(own_stack);
  text.insert(text.find("[environment]"), "health = \"ready\"\n");
  EXPECT_THAT(load(text).error().what, HasSubstr("'health' must be a path"));
  text = own_stack;
  text.replace(text.find("path ="), 4, "pfad");
  EXPECT_THAT(load(text).error().what, HasSubstr("'pfad'"));
}

TEST_F(SpecTest, OursHaveNoRequestOfTheirOwn) {
  const auto stacks = load(good);
  ASSERT_TRUE(stacks) << stacks.error().what;
  EXPECT_FALSE(stacks->front().own);
  EXPECT_EQ(stacks->front().health, "/test");
}

}  // namespace
}  // namespace unrig::stack
