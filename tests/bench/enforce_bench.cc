// From a person's approval to enforcement, through the whole of Sekisho: the command line, the
// agent, its store and history, the exporter and the real device, which already enforces a list.
#include <benchmark/benchmark.h>

#include <chrono>
#include <exception>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "tests/e2e/site.h"

namespace {

using Clock = std::chrono::steady_clock;

constexpr int samples = 10;
constexpr std::chrono::seconds patience{30};

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

// A site whose devices enforce `size` approved entries; the samples are still pending.
void SetUp(e2e::Site& site, const std::string& kind, std::int64_t size) {
  std::string feed;
  for (std::int64_t i = 0; i < size; ++i) feed += Nth(kind, i) + "\n";
  std::string pending;
  for (int i = 0; i < samples; ++i) pending += Sample(kind, i) + "\n";
  site.AddFeed("many", "plain", feed);
  site.AddFeed("samples", "plain", pending);
  site.AddAllowlist("few", "plain", "allowed.example\n", "hosting", "never");
  site.Start();
  const auto approved =
      site.Run({"queue", "approve", "--filter", "feed:many", "--reason", "to begin with", "--yes"});
  if (approved.exit != 0 || !site.DevicesBecomeCurrent()) {
    throw std::runtime_error(approved.out + approved.err + site.Logs());
  }
}

// The time from the start of `sekisho queue approve` until the device is seen to block. A dropped
// packet has no answer, so that a firewall counts from the question that got none.
double SecondsToEnforce(e2e::Site& site, const std::string& device, const std::string& kind,
                        const std::string& text) {
  const std::string line = kind + " " + text + (kind == "ip" ? "/32" : "");
  const auto begin = Clock::now();
  auto command =
      site.Begin({"queue", "approve", "--filter", text, "--reason", "measured", "--yes"});
  while (Clock::now() < begin + patience) {
    const auto asked = Clock::now();
    if (site.Blocks(device, line)) {
      const auto end = device == "firewall" ? asked : Clock::now();
      command.Wait();
      return std::chrono::duration<double>(end - begin).count();
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(1));
  }
  throw std::runtime_error(device + " does not block " + line + ": " + command.Said());
}

void ApproveToEnforced(benchmark::State& state, const std::string& device,
                       const std::string& squid_names_in) {
  const std::string kind = device == "firewall" ? "ip" : "domain";
  try {
    e2e::SiteOptions options;
    options.brake = "{added_percent_max: 100000}";
    options.squid_names_in = squid_names_in;
    e2e::Site site(options);
    if (!site.devices().contains(device)) return state.SkipWithError(site.missing().c_str());
    SetUp(site, kind, state.range(0));
    int next = 0;
    for (auto _ : state) {
      state.SetIterationTime(SecondsToEnforce(site, device, kind, Sample(kind, next++)));
    }
  } catch (const std::exception& error) {
    state.SkipWithError(error.what());
  }
}

void Register(benchmark::internal::Benchmark* benchmark) {
  benchmark->Arg(1'000)->Arg(10'000)->Arg(100'000)->Iterations(samples)->UseManualTime()->Unit(
      benchmark::kMillisecond);
}
BENCHMARK_CAPTURE(ApproveToEnforced, bind, "dns", "squid")->Apply(Register);
BENCHMARK_CAPTURE(ApproveToEnforced, squid_acl_file, "proxy", "squid")->Apply(Register);
BENCHMARK_CAPTURE(ApproveToEnforced, squid_helper, "proxy", "helper")->Apply(Register);
BENCHMARK_CAPTURE(ApproveToEnforced, haproxy, "edge", "squid")->Apply(Register);
BENCHMARK_CAPTURE(ApproveToEnforced, nftables, "firewall", "squid")->Apply(Register);
BENCHMARK_CAPTURE(ApproveToEnforced, http_list, "lists", "squid")->Apply(Register);

}  // namespace

BENCHMARK_MAIN();
