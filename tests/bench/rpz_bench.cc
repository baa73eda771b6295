// What the RPZ exporter costs: rendering a whole zone, working out a change, and the way of one
// more name into a real primary until its resolvers answer NXDOMAIN for it, in one zone and in
// several.
#include <benchmark/benchmark.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <iterator>
#include <memory>
#include <random>
#include <sstream>
#include <string>
#include <vector>

#include "exporters/rpz/contents.h"
#include "exporters/rpz/message.h"
#include "exporters/rpz/rpz_exporter.h"
#include "exporters/rpz/udp_exchange.h"
#include "exporters/rpz/zone.h"
#include "tests/peers/knotd.h"
#include "tests/peers/named.h"
#include "tests/peers/peers.h"
#include "tests/peers/resolver.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using Software = peers::Resolver::Software;
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
  auto contents = rpz::Contents::Of(*lists.without, {.name = "rpz.test"});
  for (auto _ : state) {
    benchmark::DoNotOptimize(contents->Apply(there, *lists.with));
    benchmark::DoNotOptimize(contents->Apply(back, *lists.without));
  }
}
BENCHMARK(WorkOutOneMoreName)->Arg(100'000)->Arg(1'000'000)->Unit(benchmark::kMicrosecond);

// A primary, the resolvers that enforce its zone, an exporter, and what goes wrong with any of
// them.
class Device {
 public:
  // A BIND that is both. The list is in `parts` zones.
  static std::unique_ptr<Device> Alone(benchmark::State& state, std::size_t parts) {
    auto device = std::make_unique<Device>();
    device->named_ = peers::Named::Start(peers::Named::Role::primary_and_resolver, parts);
    if (!device->named_) return Skip(state, "no named; run deploy/dev/peers.sh");
    return device->Open(state, device->named_->ExporterSettings()) ? std::move(device) : nullptr;
  }

  // BIND as the primary, and one secondary. The list is in `parts` zones.
  static std::unique_ptr<Device> BehindBind(benchmark::State& state, Software software,
                                            std::size_t parts) {
    auto device = std::make_unique<Device>();
    device->named_ = peers::Named::Start(peers::Named::Role::primary_only, parts);
    if (!device->named_ || !device->Follow(software, *device->named_)) {
      return Skip(state, "a name server is missing; run deploy/dev/peers.sh");
    }
    const std::string settings =
        device->named_->ExporterSettings(timeouts, {device->secondary_->address()});
    return device->Open(state, settings) ? std::move(device) : nullptr;
  }

  // Knot DNS as the primary, and one secondary.
  static std::unique_ptr<Device> BehindKnot(benchmark::State& state, Software software,
                                            std::size_t parts) {
    auto device = std::make_unique<Device>();
    device->named_ = peers::Named::Start(peers::Named::Role::primary_only);
    if (device->named_) {
      device->knot_ = peers::Knotd::Start(device->folder_ / "rpz.test.zone",
                                          device->named_->root_zone(), parts);
    }
    if (!device->knot_ || !peers::Find("kzonecheck") || !device->Follow(software, *device->knot_)) {
      return Skip(state, "a name server is missing; run deploy/dev/peers.sh");
    }
    const std::string settings =
        device->knot_->ExporterSettings(timeouts, {device->secondary_->address()});
    return device->Open(state, settings) ? std::move(device) : nullptr;
  }

  const peers::Resolver& secondary() const { return *secondary_; }

  bool Apply(benchmark::State& state, const List& base, const List& list) {
    const policy::Delta delta = base ? policy::Difference(*base, *list) : policy::Delta{};
    const auto proof = exporter_->Apply({base.get(), *list, delta});
    const bool ok = proof && proof->matches;
    if (!ok) state.SkipWithError((proof ? proof->how : proof.error().reason).c_str());
    return ok;
  }

 private:
  // A million names take a while to load, and to go over once.
  static constexpr const char* timeouts =
      "answer_timeout: 60s\nload_timeout: 10m\nenforce_timeout: 10m\n";

  static std::unique_ptr<Device> Skip(benchmark::State& state, const char* why) {
    state.SkipWithError(why);
    return nullptr;
  }

  bool Follow(Software software, peers::DnsPrimary& primary) {
    secondary_ = peers::Resolver::Following(software, primary);
    return secondary_ != nullptr;
  }

  bool Open(benchmark::State& state, const std::string& yaml) {
    const auto settings = config::Document::Parse(yaml, folder_ / "rpz.yaml");
    if (!settings) return false;
    auto exporter = MakeRpz(settings->root(), {"dns", folder_.path(), clock_});
    if (!exporter) {
      state.SkipWithError(exporter.error().detail.c_str());
      return false;
    }
    exporter_ = std::move(*exporter);
    return true;
  }

  platform::testing::TemporaryFolder folder_;
  platform::SystemClock clock_;
  std::unique_ptr<peers::Named> named_;
  std::unique_ptr<peers::Knotd> knot_;
  std::unique_ptr<peers::Resolver> secondary_;
  std::unique_ptr<Exporter> exporter_;
};

// The way of one more name until every resolver asked answers as the list says. Another name each
// time, from all over the zone: BIND remembers one that just left, and takes it back at once, but
// for a new one it goes over the zone in its order.
void EnforceOneMoreNameOn(benchmark::State& state, const std::unique_ptr<Device>& device) {
  const Lists lists(state.range(0));
  if (!device || !device->Apply(state, nullptr, lists.without) ||
      !device->Apply(state, lists.without, lists.with)) {
    return;
  }
  List list = lists.with;
  int added = 0;
  for (auto _ : state) {
    std::string name = "domain one-more.example";
    name[name.find("one")] = static_cast<char>('a' + (1 + added++ * 7) % 26);
    const List next = list->Apply({.added = {name}, .removed = {}}).value();
    if (!device->Apply(state, list, next)) return;
    list = next;
  }
}

// Of names, in so many zones.
void TenInOneZoneAndInSixteen(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"names", "zones"})
      ->ArgsProduct({{100'000, 1'000'000}, {1, 16}})
      ->Iterations(10)
      ->UseRealTime()
      ->Unit(benchmark::kMillisecond);
}

void EnforceOneMoreName(benchmark::State& state) {
  EnforceOneMoreNameOn(state, Device::Alone(state, static_cast<std::size_t>(state.range(1))));
}
BENCHMARK(EnforceOneMoreName)->Apply(TenInOneZoneAndInSixteen);

void EnforceOneMoreNameBehindBind(benchmark::State& state, Software software) {
  EnforceOneMoreNameOn(
      state, Device::BehindBind(state, software, static_cast<std::size_t>(state.range(1))));
}
void EnforceOneMoreNameBehindKnot(benchmark::State& state, Software software) {
  EnforceOneMoreNameOn(
      state, Device::BehindKnot(state, software, static_cast<std::size_t>(state.range(1))));
}
BENCHMARK_CAPTURE(EnforceOneMoreNameBehindBind, bind, Software::bind)
    ->Apply(TenInOneZoneAndInSixteen);
BENCHMARK_CAPTURE(EnforceOneMoreNameBehindBind, unbound, Software::unbound)
    ->Apply(TenInOneZoneAndInSixteen);
BENCHMARK_CAPTURE(EnforceOneMoreNameBehindBind, powerdns, Software::powerdns)
    ->Apply(TenInOneZoneAndInSixteen);
BENCHMARK_CAPTURE(EnforceOneMoreNameBehindKnot, bind, Software::bind)
    ->Apply(TenInOneZoneAndInSixteen);
BENCHMARK_CAPTURE(EnforceOneMoreNameBehindKnot, unbound, Software::unbound)
    ->Apply(TenInOneZoneAndInSixteen);
BENCHMARK_CAPTURE(EnforceOneMoreNameBehindKnot, powerdns, Software::powerdns)
    ->Apply(TenInOneZoneAndInSixteen);

// Processor time that it has used, in seconds: user's and system's (proc(5)).
double ProcessorTimeOf(pid_t pid) {
  std::ifstream file("/proc/" + std::to_string(pid) + "/stat");
  std::string text((std::istreambuf_iterator<char>(file)), {});
  std::istringstream fields(text.substr(text.rfind(')') + 1));
  std::string skipped;
  for (int field = 3; field < 14; ++field) fields >> skipped;
  double user = 0;
  double system = 0;
  fields >> user >> system;
  return (user + system) / static_cast<double>(sysconf(_SC_CLK_TCK));
}

// What a secondary spends on a question that no rule is on, from its cache.
void AnswerWhatIsNotListed(benchmark::State& state, Software software) {
  const Lists lists(state.range(0));
  const auto device = Device::BehindBind(state, software, static_cast<std::size_t>(state.range(1)));
  if (!device || !device->Apply(state, nullptr, lists.without)) return;
  const rpz::Endpoint endpoint{"127.0.0.1", device->secondary().port()};
  constexpr int names = 100;
  int asked = 0;
  const auto ask = [&] {
    const std::string name = "good" + std::to_string(asked++ % names) + ".sub.test";
    const auto request = rpz::MakeQuery(name, rpz::RecordType::a, /*recursive=*/true, nullptr);
    const auto answer = rpz::ExchangeByUdp(endpoint, request->wire, std::chrono::seconds(10));
    if (!answer) state.SkipWithError(answer.error().detail.c_str());
    return answer.has_value();
  };
  for (int i = 0; i < names; ++i) {
    if (!ask()) return;
  }
  const double before = ProcessorTimeOf(device->secondary().pid());
  for (auto _ : state) {
    if (!ask()) return;
  }
  state.counters["us_of_resolver"] =
      benchmark::Counter((ProcessorTimeOf(device->secondary().pid()) - before) * 1e6,
                         benchmark::Counter::kAvgIterations);
}

void OverManyQuestions(benchmark::internal::Benchmark* benchmark) {
  benchmark->ArgNames({"names", "zones"})
      ->ArgsProduct({{100'000}, {1, 16}})
      ->Iterations(30'000)
      ->UseRealTime()
      ->Unit(benchmark::kMicrosecond);
}
BENCHMARK_CAPTURE(AnswerWhatIsNotListed, bind, Software::bind)->Apply(OverManyQuestions);
BENCHMARK_CAPTURE(AnswerWhatIsNotListed, unbound, Software::unbound)->Apply(OverManyQuestions);
BENCHMARK_CAPTURE(AnswerWhatIsNotListed, powerdns, Software::powerdns)->Apply(OverManyQuestions);

void EnforceWholeList(benchmark::State& state) {
  const Lists lists(state.range(0));
  const auto device = Device::Alone(state, 1);
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
