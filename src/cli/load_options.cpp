#include "cli/load_options.h"

#include <fmt/format.h>

#include <CLI/CLI.hpp>
#include <map>

#include "base/file.h"
#include "base/random.h"
#include "base/text.h"

namespace unrig::cli {
namespace {

constexpr int most_clients = 1'000'000;
constexpr int most_threads = 1024;

/// Lets CLI11 read a quantity, so that a wrong one is named together with its option.
template <class Target, class Parse>
CLI::Option* add_parsed(CLI::App* app, const std::string& name, Target& target, Parse parse,
                        const std::string& help) {
  return app->add_option_function<std::string>(
      name,
      [&target, name, parse](const std::string& text) {
        const auto value = parse(text);
        if (!value) throw CLI::ValidationError(name, value.error().what);
        target = *value;
      },
      help);
}

CLI::Option* add_duration(CLI::App* app, const std::string& name, Duration& target,
                          const std::string& help) {
  return add_parsed(app, name, target, parse_duration, help)
      ->type_name("DURATION")
      ->default_str(to_text(target));
}

template <class Value>
CLI::Option* add_choice(CLI::App* app, const std::string& name, Value& target,
                        const std::map<std::string, Value>& choices, const std::string& first,
                        const std::string& help) {
  std::string names;
  for (const auto& [word, value] : choices) names += (names.empty() ? "" : "|") + word;
  return app
      ->add_option_function<std::string>(
          name, [&target, choices](const std::string& word) { target = choices.at(word); }, help)
      ->check(CLI::IsMember(choices))
      ->type_name(names)
      ->default_str(first);
}

void add_request(CLI::App* sub, LoadOptions& load) {
  sub->add_flag("--no-keep-alive", load.no_keep_alive, "a new connection for every request");
  sub->add_option("-X,--method", load.method, "method of the request")->capture_default_str();
  sub->add_option("-H,--header", load.headers, "one more header, 'Name: value'")
      ->type_name("HEADER")
      ->allow_extra_args(false);
  sub->add_option("--body", load.body, "send this file")->type_name("FILE");
  sub->add_option("--expect-status", load.expect_status, "the status of a right answer")
      ->check(CLI::Range(200, 599))
      ->capture_default_str();
  sub->add_option("--expect-body", load.expect_body, "the body of a right answer")
      ->type_name("FILE");
  sub->add_flag("--insecure", load.insecure, "accept every certificate");
  sub->add_option("--cacert", load.cacert, "trust the authorities of this PEM file instead")
      ->type_name("FILE");
}

/// "Name: value" apart. Error: usage.
Result<std::pair<std::string, std::string>> parse_header(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0) {
    return fail(ErrorKind::usage, fmt::format("-H: '{}' is no header", printable(text)),
                "write it like -H 'Accept: text/plain'");
  }
  return std::pair{text.substr(0, colon), std::string(trim(text.substr(colon + 1)))};
}

Result<std::string> read(const std::string& option, const std::filesystem::path& file) {
  auto content = read_file(file);
  if (!content) return fail(ErrorKind::usage, fmt::format("{}: {}", option, content.error().what));
  return content;
}

}  // namespace

void add_load_settings(CLI::App* sub, LoadOptions& load) {
  sub->add_option("-c,--clients", load.clients, "clients; with --rate the most connections")
      ->check(CLI::Range(1, most_clients))
      ->capture_default_str();
  CLI::Option* rate = add_parsed(sub, "--rate", load.rate, arrivals::parse_rates,
                                 "open loop: requests per time, or a ramp, 100/s..2000/s");
  rate->type_name("RATE");
  add_choice<load::Arrivals>(
      sub, "--arrivals", load.arrivals,
      {{"constant", load::Arrivals::constant}, {"poisson", load::Arrivals::poisson}}, "constant",
      "of an open loop")
      ->needs(rate);
  CLI::Option* think_time = add_duration(sub, "--think-time", load.think_time,
                                         "closed loop: mean pause between requests");
  add_choice<load::ThinkTime>(
      sub, "--think", load.think,
      {{"constant", load::ThinkTime::constant}, {"exponential", load::ThinkTime::exponential}},
      "constant", "how think times are distributed")
      ->needs(think_time);
  add_duration(sub, "--timeout", load.timeout, "for one request, connecting included");
  sub->add_option("--threads", load.threads, "measuring threads")
      ->check(CLI::Range(1, most_threads))
      ->capture_default_str();
  add_request(sub, load);
  add_choice<load::Backend>(sub, "--backend", load.backend,
                            {{"auto", load::Backend::automatic},
                             {"epoll", load::Backend::epoll},
                             {"io_uring", load::Backend::io_uring}},
                            "auto", "how bytes reach the kernel");
  add_choice<load::Pacing>(sub, "--pacing", load.pacing,
                           {{"sleep", load::Pacing::sleep},
                            {"hybrid", load::Pacing::hybrid},
                            {"spin", load::Pacing::spin}},
                           "hybrid", "how an open loop waits")
      ->needs(rate);
}

CLI::App* add_load(CLI::App& app, LoadOptions& load) {
  CLI::App* sub = app.add_subcommand("load", "send requests to a URL and account for each");
  sub->add_option("URL", load.url, "http:// or https://")->required();
  add_duration(sub, "-d,--duration", load.duration, "length of the measurement");
  add_duration(sub, "--warmup", load.warmup, "load before the measurement");
  add_load_settings(sub, load);
  sub->add_option("--seed", load.seed, "of arrivals and think times")->type_name("N");
  sub->add_option("--hgrm", load.hgrm, "write response times in microseconds as percentiles")
      ->type_name("FILE");
  sub->add_option("--hlog", load.hlog, "write histograms of all times in nanoseconds")
      ->type_name("FILE");
  return sub;
}

Result<load::Plan> plan_of(const LoadOptions& options) {
  const auto url = load::parse_url(options.url);
  if (!url) return std::unexpected(url.error());
  if (options.rate && options.think_time > Duration{0}) {
    return fail(ErrorKind::usage, "--rate and --think-time exclude each other");
  }
  load::Plan plan{.request = {.method = options.method, .path = url->path},
                  .keep_alive = !options.no_keep_alive,
                  .warmup = options.warmup,
                  .duration = options.duration,
                  .timeout = options.timeout,
                  .threads = options.threads,
                  .seed = options.seed ? *options.seed : fresh_seed(),
                  .expected_status = options.expect_status,
                  .pacing = options.pacing,
                  .backend = options.backend};
  if (options.rate) {
    plan.loop = load::OpenLoop{.rate = options.rate->from,
                               .end_rate = options.rate->to,
                               .arrivals = options.arrivals,
                               .connections = options.clients};
  } else {
    plan.loop = load::ClosedLoop{
        .clients = options.clients, .think_time = options.think_time, .think = options.think};
  }
  for (const auto& text : options.headers) {
    const auto header = parse_header(text);
    if (!header) return std::unexpected(header.error());
    plan.request.headers.push_back(*header);
  }
  if (!options.body.empty()) {
    auto body = read("--body", options.body);
    if (!body) return std::unexpected(body.error());
    plan.request.body = std::move(*body);
  }
  if (!options.expect_body.empty()) {
    auto body = read("--expect-body", options.expect_body);
    if (!body) return std::unexpected(body.error());
    plan.expected_body = std::move(*body);
  }
  if (url->tls) {
    plan.tls = load::Tls{.server_name = url->host,
                         .verify = !options.insecure,
                         .authorities = options.cacert.string()};
  }
  const auto address = load::resolve(*url);
  if (!address) return std::unexpected(address.error());
  plan.address = *address;
  return plan;
}

}  // namespace unrig::cli
