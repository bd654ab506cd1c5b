#include "cli/load_options.h"

#include <fmt/format.h>

#include <cmath>
#include <map>

#include "base/random.h"
#include "base/text.h"
#include "cli/gates.h"
#include "cli/inputs.h"
#include "cli/option_values.h"

namespace unrig::cli {
namespace {

constexpr Limits<int> clients_limits{1, 1'000'000};
constexpr Limits<int> threads_limits{1, 1024};
constexpr Limits<int> source_limits{1, 250};
constexpr Limits<Duration> duration_limits{std::chrono::milliseconds(1), std::chrono::hours(1000)};
constexpr Limits<Duration> timeout_limits{std::chrono::milliseconds(1), std::chrono::hours(24)};
constexpr Limits<Duration> think_limits{Duration{0}, std::chrono::hours(24)};
constexpr Limits<Rate> rate_limits{{0.0001}, {1e9}};
constexpr Limits<std::uint64_t> seed_limits{0, ~std::uint64_t{0}};
/// A schedule lies in memory before the clock starts.
constexpr double most_arrivals = 1e9;

/// A JSON body that comes in pieces is put together up to here.
constexpr std::size_t longest_json = 16 << 20;

template <class Value>
CLI::Option* add_choice(CLI::App* app, const std::string& name, Value& target,
                        const std::map<std::string, Value>& choices, const std::string& first,
                        const std::string& help) {
  std::string names;
  for (const auto& [word, value] : choices) names += (names.empty() ? "" : "|") + word;
  return app
      ->add_option_function<std::string>(
          name, [&target, choices](const std::string& word) { target = choices.at(word); }, help)
      ->check(CLI::IsMember(choices).description(""))
      ->type_name(names)
      ->default_str(first);
}

void add_request(CLI::App* sub, LoadOptions& load) {
  sub->add_flag("--no-keep-alive", load.no_keep_alive, "a new connection for every request");
  sub->add_option("-X,--method", load.method, "method of the request")->capture_default_str();
  sub->add_option("-H,--header", load.headers, "one more header, 'Name: value'")
      ->type_name("HEADER")
      ->allow_extra_args(false);
  sub->add_option("--body", load.body, "send this file, - for standard input")->type_name("FILE");
  const ExpectationOptions expected = add_expectation(sub, load.expect);
  sub->add_option("--expect-body", load.expect_body,
                  "the body of a right answer: this file, - for standard input")
      ->type_name("FILE")
      ->excludes(expected.length)
      ->excludes(expected.json);
  sub->add_flag("--insecure", load.insecure, "accept every certificate");
  sub->add_option("--cacert", load.cacert, "trust the authorities of this PEM file instead")
      ->type_name("FILE");
}

/// Both ends of a ramp within the limits.
Result<arrivals::Rates> parse_rates(std::string_view text) {
  const auto rates = arrivals::parse_rates(text);
  if (!rates) return rates;
  for (const Rate rate : {rates->from, rates->to.value_or(rates->from)}) {
    if (!rate_limits.hold(rate)) return beyond_limits(text, to_text(rate_limits));
  }
  return rates;
}

/// "Name: value" apart. Error: usage; it does not repeat the text, which may be a secret.
Result<std::pair<std::string, std::string>> parse_header(const std::string& text) {
  const auto colon = text.find(':');
  if (colon == std::string::npos || colon == 0) {
    return fail(ErrorKind::usage, "-H: a header has a name, a colon and a value",
                "write it like -H 'Accept: text/plain'");
  }
  return std::pair{text.substr(0, colon), std::string(trim(text.substr(colon + 1)))};
}

/// That what is expected can come. Error: usage.
Result<> check_expectation(const LoadOptions& options, const LoadInputs& inputs) {
  if (options.expect.members.size() > http::most_members) {
    return fail(ErrorKind::usage,
                fmt::format("--expect-json is given {} times: the limit is {}",
                            options.expect.members.size(), http::most_members),
                "name the members that tell a right answer from a wrong one");
  }
  if (options.method != "HEAD") return {};
  const std::string_view of_body = inputs.expected_body              ? "--expect-body"
                                   : !options.expect.members.empty() ? "--expect-json"
                                   : options.expect.length           ? "--expect-length"
                                                                     : "";
  if (of_body.empty()) return {};
  return fail(ErrorKind::usage,
              fmt::format("an answer to HEAD has no body that {} could look at", of_body),
              fmt::format("ask with GET, or leave {} out", of_body));
}

/// That an open loop has something to send, and that its schedule can be made.
Result<> check_schedule(const LoadOptions& options) {
  const Rate from = options.rate->from, to = options.rate->to.value_or(from);
  const double mean = (from.per_second + to.per_second) / 2;
  const double arrivals = mean * seconds(options.duration);
  if (arrivals + from.per_second * seconds(options.warmup) > most_arrivals) {
    return fail(ErrorKind::usage,
                fmt::format("--rate and the duration make {:.3g} requests: the limit is {:.0f}",
                            arrivals, most_arrivals),
                "give a lower --rate or a shorter --duration");
  }
  if (arrivals >= 0.5) return {};
  return fail(
      ErrorKind::usage,
      fmt::format("at {:.3g} requests/s none falls into {}", mean, to_text(options.duration)),
      fmt::format("for ten requests: --duration {:.0f}s, or --rate {:g}/s", std::ceil(10 / mean),
                  10 / seconds(options.duration)));
}

}  // namespace

void add_phases(CLI::App* sub, const std::string& duration_name, Duration& warmup,
                Duration& duration) {
  add_limited(sub, duration_name, duration, duration_limits, "length of the measurement")
      ->default_str(to_text(duration));
  add_limited(sub, "--warmup", warmup, warmup_limits, "load before the measurement")
      ->default_str(to_text(warmup));
}

ExpectationOptions add_expectation(CLI::App* sub, load::Expectation& expect) {
  add_limited(sub, "--expect-status", expect.status, http::status_limits,
              "the status of a right answer")
      ->default_str(std::to_string(expect.status));
  CLI::Option* length =
      add_parsed(sub, "--expect-length", expect.length, http::parse_length,
                 "how many bytes the body of a right answer has, or from where to where: 100..200")
          ->type_name("N|N..N");
  const auto read_members = [&expect](const std::vector<std::string>& texts) {
    expect.members.clear();
    for (const auto& text : texts) {
      auto member = http::parse_member(text);
      if (!member) throw WrongValue("--expect-json", member.error());
      expect.members.push_back(std::move(*member));
    }
  };
  CLI::Option* json =
      sub->add_option_function<std::vector<std::string>>(
             "--expect-json", read_members,
             "a member that the JSON of a right answer has, names with dots between them: "
             "user.id=7, items.0.name=Ann")
          ->type_name("MEMBER=VALUE")
          ->allow_extra_args(false);
  return {length, json};
}

void add_seed(CLI::App* sub, std::optional<std::uint64_t>& seed, const std::string& help) {
  add_limited(sub, "--seed", seed, seed_limits, help);
}

void add_load_settings(CLI::App* sub, LoadOptions& load) {
  add_limited(sub, "-c,--clients", load.clients, clients_limits,
              "clients; with --rate the most connections")
      ->default_str(std::to_string(load.clients));
  CLI::Option* rate = add_parsed(
      sub, "--rate", load.rate, parse_rates,
      "open loop: requests per time, or a ramp, 100/s..2000/s (" + to_text(rate_limits) + ")");
  rate->type_name("RATE");
  add_choice<load::ArrivalProcess>(
      sub, "--arrivals", load.arrivals,
      {{"constant", load::ArrivalProcess::constant}, {"poisson", load::ArrivalProcess::poisson}},
      "constant", "of an open loop")
      ->needs(rate);
  CLI::Option* think_time = add_limited(sub, "--think-time", load.think_time, think_limits,
                                        "closed loop: mean pause between requests")
                                ->default_str(to_text(load.think_time));
  add_choice<load::ThinkTime>(
      sub, "--think", load.think,
      {{"constant", load::ThinkTime::constant}, {"exponential", load::ThinkTime::exponential}},
      "constant", "how think times are distributed")
      ->needs(think_time);
  add_limited(sub, "--timeout", load.timeout, timeout_limits,
              "for one request, connecting included")
      ->default_str(to_text(load.timeout));
  add_limited(sub, "--threads", load.threads, threads_limits, "measuring threads")
      ->default_str(std::to_string(load.threads));
  add_limited(sub, "--source-addresses", load.source_addresses, source_limits,
              "of 127.0.0.0/8 to connect from; without it one, more when ports run low");
  add_request(sub, load);
  add_choice<load::Backend>(sub, "--backend", load.backend,
                            {{"auto", load::Backend::automatic},
                             {"epoll", load::Backend::epoll},
                             {"io_uring", load::Backend::io_uring}},
                            "auto", "how bytes reach the kernel; auto is epoll");
  add_choice<load::Pacing>(sub, "--pacing", load.pacing,
                           {{"sleep", load::Pacing::sleep},
                            {"hybrid", load::Pacing::hybrid},
                            {"spin", load::Pacing::spin}},
                           "hybrid", "how an open loop waits")
      ->needs(rate);
}

void add_load(CLI::App& app, LoadOptions& load) {
  CLI::App* sub = app.add_subcommand("load", "send requests to a URL and account for each");
  sub->add_option("URL", load.url, "http:// or https://")->type_name("")->required();
  add_phases(sub, "-d,--duration", load.warmup, load.duration);
  add_load_settings(sub, load);
  add_seed(sub, load.seed, "of arrivals and think times");
  add_gates(sub, load.gates);
  add_histogram_files(sub, load.files);
}

void add_histogram_files(CLI::App* sub, HistogramFiles& files) {
  sub->add_option("--hgrm", files.hgrm,
                  "write response times in microseconds as percentiles, - for standard output")
      ->type_name("FILE");
  sub->add_option("--hlog", files.hlog,
                  "write histograms of all times in nanoseconds, - for standard output")
      ->type_name("FILE");
}

Result<LoadInputs> read_inputs(const LoadOptions& options) {
  LoadInputs inputs;
  Inputs files;
  if (!options.body.empty()) {
    auto body = files.read("--body", options.body);
    if (!body) return std::unexpected(body.error());
    inputs.body = std::move(*body);
  }
  if (!options.expect_body.empty()) {
    auto body = files.read("--expect-body", options.expect_body);
    if (!body) return std::unexpected(body.error());
    inputs.expected_body = std::move(*body);
  }
  if (auto again = check_readable_again("--cacert", options.cacert); !again)
    return std::unexpected(again.error());
  return inputs;
}

Result<load::Plan> plan_of(const LoadOptions& options) {
  const auto inputs = read_inputs(options);
  if (!inputs) return std::unexpected(inputs.error());
  return plan_of(options, *inputs);
}

Result<load::Plan> plan_of(const LoadOptions& options, const LoadInputs& inputs) {
  const auto url = load::parse_url(options.url);
  if (!url) return std::unexpected(url.error());
  if (options.rate && options.think_time > Duration{0}) {
    return fail(ErrorKind::usage, "--rate and --think-time exclude each other",
                "leave one of the two out: with a rate, nobody waits for an answer");
  }
  if (options.rate) {
    if (auto made = check_schedule(options); !made) return std::unexpected(made.error());
  }
  load::Plan plan{.request = {.method = options.method, .path = url->path},
                  .keep_alive = !options.no_keep_alive,
                  .warmup = options.warmup,
                  .duration = options.duration,
                  .timeout = options.timeout,
                  .threads = options.threads,
                  .seed = options.seed ? *options.seed : fresh_seed(),
                  .expect = options.expect,
                  .body_limit = longest_json,
                  .pacing = options.pacing,
                  .source_addresses = options.source_addresses,
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
  plan.request.body = inputs.body;
  plan.expected_body = inputs.expected_body;
  if (auto possible = check_expectation(options, inputs); !possible)
    return std::unexpected(possible.error());
  if (url->tls) {
    plan.tls = load::Tls{.server_name = url->host.substr(0, url->host.find('%')),
                         .verify = !options.insecure,
                         .authorities = options.cacert.string()};
  }
  const auto address = load::resolve(*url);
  if (!address) return std::unexpected(address.error());
  plan.address = *address;
  return plan;
}

}  // namespace unrig::cli
