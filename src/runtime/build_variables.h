/// \file
/// The variables of programs that make something from packages. Inside this module only.
#pragma once

#include <map>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace unrig::runtime {

using Variables = std::map<std::string, std::string>;

/// The caller's, since a build needs its proxies, certificates, package index and compiler; without
/// those named in `left_out`. For another account than the caller's (`own_user`): only those that
/// decide where packages come from and how they are compiled. Any other may be a secret.
[[nodiscard]] Variables callers_variables(bool own_user,
                                          std::span<const std::string_view> left_out = {});

/// "NAME=VALUE", as a process gets them.
[[nodiscard]] std::vector<std::string> as_environment(const Variables& variables);

}  // namespace unrig::runtime
