// What the RPZ exporter costs: rendering a whole zone, working out a change, and the way of one
// more name into a real BIND until its resolver answers NXDOMAIN for it.
#include <benchmark/benchmark.h>

#include <memory>
#include <random>
#include <string>
#include <vector>

#include "exporters/rpz/contents.h"
#include "exporters/rpz/rpz_exporter.h"
#include "exporters/rpz/zone.h"
#include "tests/peers/named.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using List = std::shared_ptr<const policy::ListSnapshot>;

std::vector<std::string> Lines(std::int64_t count) {
  std::mt19937 random(1);
  std::vector<std::string> lines;
  for (std::int64_t i = 0; i < count; ++i) {
    std::string name = "domain ";
    for (auto size = 6 + random() % 12; size > 0; --size) {
      name += static_cast<char>('a' + random() % 26);
    }
    lines.push_back(name + std::to_string(i) + ".example");
  }
  return lines;
}

// A list, and the same with one more name.
struct Lists {
  explicit Lists(std::int64_t count) {
    auto lines = Lines(count);
    without = policy::ListSnapshot::FromLines(lines);
    lines.push_back("domain one-more.example");
    with = policy::ListSnapshot::FromLines(std::move(lines));
  }
  List without;
  List with;
};

void RenderWholeZone(benchmark::State& state) {
  const Lists lists(state.range(0));
  for (auto _ : state) {
    auto zone = rpz::RenderZone(*lists.without, {.name = "rpz.test"}, 1);
    benchmark::DoNotOptimize(zone);
  }
}
BENCHMARK(RenderWholeZone)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMillisecond);

void WorkOutOneMoreName(benchmark::State& state) {
  const Lists lists(state.range(0));
  const policy::Delta there = policy::Difference(*lists.without, *lists.with);
  const policy::Delta back = policy::Difference(*lists.with, *lists.without);
  auto contents = rpz::Contents::Of(*lists.without, "rpz.test");
  for (auto _ : state) {
    benchmark::DoNotOptimize(contents->Apply(there, *lists.with));
    benchmark::DoNotOptimize(contents->Apply(back, *lists.without));
  }
}
BENCHMARK(WorkOutOneMoreName)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

// A BIND, an exporter on it, and what goes wrong with either.
class Device {
 public:
  static std::unique_ptr<Device> Start(benchmark::State& state) {
    auto device = std::make_unique<Device>();
    device->named_ = peers::Named::Start();
    if (!device->named_) {
      state.SkipWithError("no named; run deploy/dev/peers.sh");
      return nullptr;
    }
    const auto settings =
        config::Document::Parse(device->named_->ExporterSettings(), device->folder_ / "rpz.yaml");
    if (!settings) return nullptr;
    auto exporter = MakeRpz(settings->root(), {"dns", device->folder_.path(), device->clock_});
    if (!exporter) {
      state.SkipWithError(exporter.error().detail.c_str());
      return nullptr;
    }
    device->exporter_ = std::move(*exporter);
    return device;
  }

  bool Apply(benchmark::State& state, const List& base, const List& list) {
    const policy::Delta delta = base ? policy::Difference(*base, *list) : policy::Delta{};
    const auto proof = exporter_->Apply({base.get(), *list, delta});
    const bool ok = proof && proof->matches;
    if (!ok) state.SkipWithError((proof ? proof->how : proof.error().reason).c_str());
    return ok;
  }

 private:
  platform::testing::TemporaryFolder folder_;
  platform::SystemClock clock_;
  std::unique_ptr<peers::Named> named_;
  std::unique_ptr<Exporter> exporter_;
};

void EnforceOneMoreName(benchmark::State& state) {
  const Lists lists(state.range(0));
  const auto device = Device::Start(state);
  if (!device || !device->Apply(state, nullptr, lists.without) ||
      !device->Apply(state, lists.without, lists.with)) {
    return;
  }
  bool with = true;
  for (auto _ : state) {
    if (!device->Apply(state, with ? lists.with : lists.without,
                       with ? lists.without : lists.with)) {
      return;
    }
    with = !with;
  }
}
BENCHMARK(EnforceOneMoreName)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(10)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void EnforceWholeList(benchmark::State& state) {
  const Lists lists(state.range(0));
  const auto device = Device::Start(state);
  if (!device) return;
  for (auto _ : state) {
    if (!device->Apply(state, nullptr, lists.without)) return;
  }
}
BENCHMARK(EnforceWholeList)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(1)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace exporters

BENCHMARK_MAIN();
