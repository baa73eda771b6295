// From a person's approval to enforcement, through the whole of Sekisho: the command line, the
// agent, its store and history, the exporter and the real device, which already enforces a list.
// Beside it a decision of CrowdSec's own, until the same bouncer has it.
//
// With a million, set-up is most of it: a feed of as many lines, which one decision approves, once
// for names and once for addresses; each device begins with a copy of that agent's data. Three stop
// at a hundred thousand: Squid takes seconds to read its ACL file, of a list over HTTPS the bench
// downloads all at each look, and CrowdSec's API takes minutes to be filled.
//
// Bouncers ask for what is new, by default every 10 s. These ask every 10 ms, as often as leaves
// the processor to others. Now and then CrowdSec's API never tells one that asks so often what it
// decided; that is counted, and not timed.
#include <benchmark/benchmark.h>

#include <algorithm>
#include <chrono>
#include <exception>
#include <filesystem>
#include <functional>
#include <future>
#include <map>
#include <optional>
#include <stdexcept>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "tests/e2e/site.h"
#include "tests/platform/temporary_folder.h"

namespace {

using Clock = std::chrono::steady_clock;
using Software = peers::Resolver::Software;

constexpr int samples = 10;
constexpr std::chrono::seconds patience{30};
constexpr std::chrono::minutes set_up_patience{15};

// One of the many, or a sample; of kind "ip" or "domain".
std::string Nth(const std::string& kind, std::int64_t n) {
  if (kind == "domain") return "n" + std::to_string(n) + "x.example";
  return "100." + std::to_string(n >> 16) + "." + std::to_string((n >> 8) & 255) + "." +
         std::to_string(n & 255);
}
std::string Sample(const std::string& kind, int n) {
  return kind == "domain" ? "sample" + std::to_string(n) + ".example"
                          : "198.51.100." + std::to_string(n + 1);
}

void Require(bool is_so, const std::string& else_because) {
  if (!is_so) throw std::runtime_error(else_because);
}

// A line of a list.
std::string LineOf(const std::string& kind, const std::string& text) {
  return kind + " " + text + (kind == "ip" ? "/32" : "");
}

// A feed of `size` entries, and one of the samples.
void AddSources(e2e::Site& site, const std::string& kind, std::int64_t size) {
  std::string feed;
  for (std::int64_t i = 0; i < size; ++i) feed += Nth(kind, i) + "\n";
  std::string pending;
  for (int i = 0; i < samples; ++i) pending += Sample(kind, i) + "\n";
  site.AddFeed("many", "plain", feed);
  site.AddFeed("samples", "plain", pending);
  site.AddAllowlist("few", "plain", "allowed.example\n", "hosting", "never");
}

// The data of an agent that has `size` approved entries, where the samples are still pending: made
// once for all devices, as nothing of it is theirs.
std::filesystem::path DataWith(const std::string& kind, std::int64_t size) {
  static std::map<std::pair<std::string, std::int64_t>, platform::testing::TemporaryFolder> made;
  const auto [at, is_new] = made.try_emplace({kind, size});
  const std::filesystem::path data = at->second / "data";
  if (!is_new) return data;
  e2e::SiteOptions options;
  options.devices = {"lists"};
  options.queue = "{bulk_alone_max: 1000000}";  // else it takes two people
  options.patience = set_up_patience;
  e2e::Site site(options);
  AddSources(site, kind, size);
  site.Start();
  const auto approved =
      site.Run({"queue", "approve", "--filter", "feed:many", "--reason", "to begin with", "--yes"});
  Require(approved.exit == 0, approved.out + approved.err + site.Logs());
  // A list of a million takes the agent a while after the approval.
  const std::string last = LineOf(kind, Nth(kind, size - 1));
  Require(e2e::Eventually([&] { return site.Blocks("lists", last); }, set_up_patience),
          "not in force: " + approved.out + site.Logs());
  site.agent().Stop();
  std::filesystem::copy(site.data(), data, std::filesystem::copy_options::recursive);
  return data;
}

// Returns once the device enforces all of the many.
void SetUp(e2e::Site& site, const std::string& device, const std::string& kind, std::int64_t size) {
  AddSources(site, kind, size);
  site.Start();
  // A bouncer passes on what it was told as long as it takes.
  const std::string last = LineOf(kind, Nth(kind, size - 1));
  Require(e2e::Eventually([&] { return site.Blocks(device, last); }, set_up_patience),
          device + " does not block " + last);
}

// The seconds from `begin` until `is_so`, seen either when asked or when answered; nothing if it
// takes too long.
std::optional<double> SecondsUntil(Clock::time_point begin, bool when_asked,
                                   const std::function<bool()>& is_so) {
  while (Clock::now() < begin + patience) {
    const auto asked = Clock::now();
    if (is_so()) {
      return std::chrono::duration<double>((when_asked ? asked : Clock::now()) - begin).count();
    }
    // Looking is work, too: exact to 2 %.
    std::this_thread::sleep_for(
        std::max<Clock::duration>(std::chrono::milliseconds(1), (Clock::now() - begin) / 50));
  }
  return std::nullopt;
}

// From the start of `sekisho queue approve` until the device is seen to block. A dropped packet has
// no answer, so that a firewall counts from the question that got none.
double SecondsToEnforce(e2e::Site& site, const std::string& device, const std::string& kind,
                        const std::string& text) {
  const std::string line = LineOf(kind, text);
  const auto begin = Clock::now();
  auto command =
      site.Begin({"queue", "approve", "--filter", text, "--reason", "measured", "--yes"});
  const auto seconds =
      SecondsUntil(begin, device == "firewall", [&] { return site.Blocks(device, line); });
  command.Wait();
  Require(seconds && site.DevicesBecomeCurrent(), device + " does not block in time" + site.Logs());
  return *seconds;
}

// Each device alone, so that none waits for another's work.
void ApproveToEnforced(benchmark::State& state, const std::string& device,
                       e2e::SiteOptions options) {
  const std::string kind = device == "firewall" || device == "bouncer" ? "ip" : "domain";
  options.devices = {device};
  if (state.range(0) > 100'000) options.dns_zones = 16;  // docs/devices/rpz.md
  options.brake = "{added_percent_max: 100000}";
  options.read_back_every = "5m";
  options.patience = set_up_patience;
  try {
    options.data = DataWith(kind, state.range(0));
    e2e::Site site(options);
    if (!site.devices().contains(device)) return state.SkipWithError(site.missing().c_str());
    SetUp(site, device, kind, state.range(0));
    int next = 0;
    for (auto _ : state) {
      state.SetIterationTime(SecondsToEnforce(site, device, kind, Sample(kind, next++)));
    }
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}

// From the start of `cscli decisions add` until the bouncer is told; nothing where CrowdSec has the
// decision, and never tells.
std::optional<double> SecondsToTell(const peers::CrowdsecLapi& lapi, peers::CustomBouncer& bouncer,
                                    const std::string& address) {
  const auto begin = Clock::now();
  auto command = std::async(std::launch::async, [&] {
    return lapi.Cscli("decisions add --ip " + address + " --duration 4h");
  });
  const auto seconds = SecondsUntil(begin, false, [&] { return bouncer.Blocks(address); });
  const auto said = command.get();
  Require(said.has_value(), said ? "" : said.error().detail);
  if (seconds) return seconds;
  const auto listed = lapi.Cscli("decisions list --ip " + address);
  Require(listed && listed->find(address) != std::string::npos, "CrowdSec does not decide");
  return std::nullopt;
}

void CrowdsecDecisionToBouncer(benchmark::State& state) {
  try {
    const platform::testing::TemporaryFolder folder;
    const auto lapi = peers::CrowdsecLapi::Start(folder.path());
    if (!lapi) return state.SkipWithError(lapi.error().detail.c_str());
    std::vector<std::string> many;
    for (std::int64_t i = 0; i < state.range(0); ++i) many.push_back(Nth("ip", i));
    const auto imported = (*lapi)->Import(many);
    Require(imported.has_value(), imported ? "" : imported.error().detail);
    const auto bouncer = peers::CustomBouncer::Start(folder.path(), (*lapi)->url(), (*lapi)->key(),
                                                     e2e::Site::bouncer_options);
    if (!bouncer) return state.SkipWithError(bouncer.error().detail.c_str());
    Require(e2e::Eventually([&] { return (*bouncer)->Blocks(many.back()); }, set_up_patience),
            "the bouncer gets no list");
    int next = 0;
    int missed = 0;
    for (auto _ : state) {
      auto seconds = SecondsToTell(**lapi, **bouncer, Sample("ip", next++));
      for (; !seconds; ++missed) seconds = SecondsToTell(**lapi, **bouncer, Sample("ip", next++));
      state.SetIterationTime(*seconds);
    }
    state.counters["missed"] = missed;
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}

e2e::SiteOptions Behind(Software secondary) {
  e2e::SiteOptions options;
  options.secondary = secondary;
  return options;
}

e2e::SiteOptions WithHelper() {
  e2e::SiteOptions options;
  options.squid_names_in = "helper";
  return options;
}

void Small(benchmark::internal::Benchmark* bench) {
  bench->Arg(1'000)->Arg(10'000)->Arg(100'000)->Iterations(samples)->UseManualTime()->Unit(
      benchmark::kMillisecond);
}
void Large(benchmark::internal::Benchmark* bench) {
  Small(bench);
  bench->Arg(1'000'000);
}
BENCHMARK_CAPTURE(ApproveToEnforced, bind, "dns", {})->Apply(Large);
BENCHMARK_CAPTURE(ApproveToEnforced, bind_secondary, "dns", Behind(Software::bind))->Apply(Large);
BENCHMARK_CAPTURE(ApproveToEnforced, unbound, "dns", Behind(Software::unbound))->Apply(Large);
BENCHMARK_CAPTURE(ApproveToEnforced, powerdns, "dns", Behind(Software::powerdns))->Apply(Large);
BENCHMARK_CAPTURE(ApproveToEnforced, squid_acl_file, "proxy", {})->Apply(Small);
BENCHMARK_CAPTURE(ApproveToEnforced, squid_helper, "proxy", WithHelper())->Apply(Large);
BENCHMARK_CAPTURE(ApproveToEnforced, haproxy, "edge", {})->Apply(Large);
BENCHMARK_CAPTURE(ApproveToEnforced, nftables, "firewall", {})->Apply(Large);
BENCHMARK_CAPTURE(ApproveToEnforced, http_list, "lists", {})->Apply(Small);
BENCHMARK_CAPTURE(ApproveToEnforced, bouncer, "bouncer", {})->Apply(Large);
BENCHMARK(CrowdsecDecisionToBouncer)->Apply(Small);

}  // namespace

BENCHMARK_MAIN();
