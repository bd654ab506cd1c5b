#include "chain/availability.h"

#include "chain/nginx.h"
#include "chain/pgbouncer.h"
#include "chain/postgres.h"

namespace unrig::chain {

std::vector<Error> missing_programs(host::Host& host) {
  std::vector<Error> missing;
  const auto look = [&](const Result<std::filesystem::path>& program) {
    if (!program) missing.push_back(program.error());
  };
  look(find_nginx(host));
  look(find_pgbouncer(host));
  look(find_postgres(host));
  return missing;
}

}  // namespace unrig::chain
