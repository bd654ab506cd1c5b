#include "chain/availability.h"

#include "chain/nginx.h"
#include "chain/pgbouncer.h"
#include "chain/postgres.h"
#include "host/programs.h"

namespace unrig::chain {
namespace {

namespace fs = std::filesystem;

Result<std::string> with_version(const Result<fs::path>& program, std::string_view option,
                                 host::Host& host) {
  if (!program) return std::unexpected(program.error());
  const auto told = host::ask_program(*program, option, host);
  if (!told) return std::unexpected(told.error());
  return host::version_in(*told) + " " + program->string();
}

}  // namespace

std::vector<NeededProgram> needed_programs(host::Host& host) {
  auto postgres = find_postgres(host);
  if (postgres) *postgres /= "postgres";
  return {{"nginx", with_version(find_nginx(host), "-v", host)},
          {"pgbouncer", with_version(find_pgbouncer(host), "--version", host)},
          {"postgresql", with_version(postgres, "--version", host)}};
}

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
