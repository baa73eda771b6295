// What a list costs in the kernel's own nftables, in a network namespace: written as a whole, one
// address more, read back as a whole, and read back where nothing has changed.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exporters/nftables/nftables_exporter.h"
#include "platform/clock.h"
#include "tests/peers/netns.h"
#include "tests/peers/peers.h"

namespace exporters {
namespace {

using List = std::shared_ptr<const policy::ListSnapshot>;

// Single addresses, and every hundredth a /24; of documentation's 2001:db8::/32 and of 11.0.0.0/8
// on.
List ListOf(std::int64_t count, std::vector<std::string> more = {}) {
  std::vector<std::string> lines = std::move(more);
  for (std::int64_t i = 0; i < count; ++i) {
    const std::string middle =
        std::to_string(i / 65'536 % 256) + "." + std::to_string(i / 256 % 256) + ".";
    lines.push_back(i % 100 == 0 ? "ip 12." + middle + "0/24"
                                 : "ip 11." + middle + std::to_string(i % 256) + "/32");
  }
  return policy::ListSnapshot::FromLines(std::move(lines));
}

// A namespace and an exporter that has written and read back a list of `count`.
class Firewall {
 public:
  explicit Firewall(std::int64_t count) : list_(ListOf(count)) {
    const auto nft = peers::Find("nft");
    auto network = peers::NetworkPair::Make();
    if (!nft || !network) return;
    network_ = std::move(*network);
    const auto document = config::Document::Parse(
        "nft: " + nft->string() + "\nnetwork_namespace: " + network_->inside() + "\n", "bench");
    auto exporter = MakeNftables(document->root(), {"fw", "/", clock_});
    if (exporter && (*exporter)->Apply({nullptr, *list_, {}})) exporter_ = std::move(*exporter);
  }

  Exporter* exporter() { return exporter_.get(); }  // null where there is no firewall
  const policy::ListSnapshot& list() const { return *list_; }

 private:
  List list_;
  platform::SystemClock clock_;
  std::unique_ptr<peers::NetworkPair> network_;
  std::unique_ptr<Exporter> exporter_;
};

void Check(benchmark::State& state, const Outcome<Proof>& proof) {
  if (!proof || !proof->matches) state.SkipWithError("the kernel does not hold the list");
}

void WriteAll(benchmark::State& state) {
  for (auto _ : state) {
    const Firewall firewall(state.range(0));
    benchmark::DoNotOptimize(&firewall);
  }
}
BENCHMARK(WriteAll)->Arg(100'000)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

void ReadBackAll(benchmark::State& state) {
  Firewall firewall(state.range(0));
  if (firewall.exporter() == nullptr) return state.SkipWithError("no nft, or no right to use it");
  // The first reading after a whole write is a full one.
  for (auto _ : state) Check(state, firewall.exporter()->ReadBack(firewall.list()));
}
BENCHMARK(ReadBackAll)->Arg(100'000)->Arg(1'000'000)->Iterations(1)->Unit(benchmark::kMillisecond);

void ReadBackUnchanged(benchmark::State& state) {
  Firewall firewall(state.range(0));
  if (firewall.exporter() == nullptr) return state.SkipWithError("no nft, or no right to use it");
  Check(state, firewall.exporter()->ReadBack(firewall.list()));
  for (auto _ : state) Check(state, firewall.exporter()->ReadBack(firewall.list()));
}
BENCHMARK(ReadBackUnchanged)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(20)
    ->Unit(benchmark::kMillisecond);

void OneMoreAndBack(benchmark::State& state) {
  Firewall firewall(state.range(0));
  if (firewall.exporter() == nullptr) return state.SkipWithError("no nft, or no right to use it");
  const policy::Delta there{{"ip 198.51.100.7/32"}, {}};
  const policy::Delta back{{}, {"ip 198.51.100.7/32"}};
  const auto with = *firewall.list().Apply(there);
  for (auto _ : state) {
    Check(state, firewall.exporter()->Apply({&firewall.list(), *with, there}));
    Check(state, firewall.exporter()->Apply({with.get(), firewall.list(), back}));
  }
}
BENCHMARK(OneMoreAndBack)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(20)
    ->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace exporters

BENCHMARK_MAIN();
