// What a list and one more name cost on a real HAProxy, until it is seen to block and until the
// exporter has proved it.
#include <benchmark/benchmark.h>

#include <chrono>
#include <memory>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "exporters/haproxy/haproxy_exporter.h"
#include "tests/peers/haproxy.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using List = std::shared_ptr<const policy::ListSnapshot>;
using Clock = std::chrono::steady_clock;

// A list, and the same with one more name.
struct Lists {
  explicit Lists(std::int64_t count) {
    std::vector<std::string> lines;
    for (std::int64_t i = 0; i < count; ++i) {
      lines.push_back("domain host" + std::to_string(i * 7919) + "x.example");
    }
    without = policy::ListSnapshot::FromLines(lines);
    lines.emplace_back("domain one-more.example");
    with = policy::ListSnapshot::FromLines(std::move(lines));
  }
  List without;
  List with;
};

// An HAProxy, an exporter on it, and what goes wrong with either.
class Device {
 public:
  static std::unique_ptr<Device> Start(benchmark::State& state) {
    auto device = std::make_unique<Device>();
    const auto problem = device->Make();
    if (problem.empty()) return device;
    state.SkipWithError(problem.c_str());
    return nullptr;
  }

  bool Apply(benchmark::State& state, const List& base, const List& list) {
    const policy::Delta delta = base ? policy::Difference(*base, *list) : policy::Delta{};
    const auto proof = exporter_->Apply({base.get(), *list, delta});
    const bool ok = proof && proof->matches;
    if (!ok) state.SkipWithError((proof ? proof->how : proof.error().reason).c_str());
    return ok;
  }

  bool Blocks(const std::string& host) const { return haproxy_->Status(host) == 403; }

 private:
  std::string Make() {
    auto haproxy = peers::Haproxy::Make(folder_.path(), folder_ / "maps");
    if (!haproxy) return haproxy.error().detail;
    haproxy_ = std::move(*haproxy);
    const auto settings =
        config::Document::Parse(haproxy_->ExporterSettings(folder_ / "maps"), "haproxy.yaml");
    if (!settings) return settings.error().detail;
    auto exporter = MakeHaproxy(settings->root(), {"edge", folder_.path(), clock_});
    if (!exporter) return exporter.error().detail;
    exporter_ = std::move(*exporter);
    const auto started = haproxy_->Start();
    return started ? "" : started.error().detail;
  }

  platform::testing::TemporaryFolder folder_;
  platform::SystemClock clock_;
  std::unique_ptr<peers::Haproxy> haproxy_;
  std::unique_ptr<Exporter> exporter_;
};

void ProveWholeList(benchmark::State& state) {
  const Lists lists(state.range(0));
  const auto device = Device::Start(state);
  for (auto _ : state) {
    if (!device || !device->Apply(state, nullptr, lists.without)) return;
  }
}

// The counter is the time until a client is denied; the whole is until that is proved.
void ProveOneMoreName(benchmark::State& state) {
  const Lists lists(state.range(0));
  const auto device = Device::Start(state);
  if (!device || !device->Apply(state, nullptr, lists.without)) return;
  double until_blocked = 0;
  for (auto _ : state) {
    const auto begin = Clock::now();
    std::jthread client([&] {
      while (!device->Blocks("one-more.example") &&
             Clock::now() < begin + std::chrono::minutes(1)) {
        std::this_thread::sleep_for(std::chrono::milliseconds(1));
      }
      until_blocked += std::chrono::duration<double, std::milli>(Clock::now() - begin).count();
    });
    const bool ok = device->Apply(state, lists.without, lists.with);
    state.PauseTiming();
    client.join();
    const bool undone = ok && device->Apply(state, lists.with, lists.without);
    state.ResumeTiming();
    if (!undone) return;
  }
  state.counters["ms_until_blocked"] =
      benchmark::Counter(until_blocked, benchmark::Counter::kAvgIterations);
}

BENCHMARK(ProveWholeList)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(2)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK(ProveOneMoreName)
    ->Arg(1'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(5)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace exporters

BENCHMARK_MAIN();
