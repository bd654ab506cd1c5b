#include "chain/session.h"

#include <gmock/gmock.h>
#include <stdlib.h>

namespace unrig::chain {
namespace {

using ::testing::HasSubstr;

TEST(Session, TheCallersVariablesLeadNowhereElse) {
  const std::pair<const char*, const char*> misleading[] = {
      {"PGHOSTADDR", "127.0.0.1"}, {"PGSERVICE", "none"}, {"PGOPTIONS", "-c nonsense"}};
  for (const auto& [name, value] : misleading) {
    setenv(name, value, 1);
    const auto session = Session::connect({{"host", "/no/such/folder"}, {"port", "5432"}});
    ASSERT_FALSE(session);
    EXPECT_THAT(session.error().what, HasSubstr("socket \"/no/such/folder/.s.PGSQL.5432\" failed"));
    EXPECT_EQ(getenv(name), nullptr) << "libpq would have read it";
  }
}

}  // namespace
}  // namespace unrig::chain
