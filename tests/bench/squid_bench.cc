// What one more name costs with each way of handing names to a real Squid, until the proxy is
// proved to block it; and what the helper's look-ups cost.
#include <benchmark/benchmark.h>

#include <sys/stat.h>

#include <memory>
#include <random>
#include <string>
#include <utility>
#include <vector>

#include "exporters/squid/request_list.h"
#include "exporters/squid/squid_exporter.h"
#include "platform/atomic_file.h"
#include "platform/subprocess.h"
#include "tests/peers/peers.h"
#include "tests/peers/squid.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using List = std::shared_ptr<const policy::ListSnapshot>;

std::vector<std::string> Names(std::int64_t count) {
  std::mt19937 random(1);  // NOLINT(cert-msc51-cpp): repeatable
  std::vector<std::string> names;
  for (std::int64_t i = 0; i < count; ++i) {
    std::string name;
    for (auto size = 6 + random() % 12; size > 0; --size) {
      name += static_cast<char>('a' + random() % 26);
    }
    names.push_back(name + std::to_string(i) + ".example");
  }
  return names;
}

List ListOf(const std::vector<std::string>& names) {
  std::vector<std::string> lines;
  for (const std::string& name : names) lines.push_back("domain " + name);
  return policy::ListSnapshot::FromLines(std::move(lines));
}

// A Squid, an exporter on it, and what goes wrong with either.
class Device {
 public:
  static std::unique_ptr<Device> Start(benchmark::State& state, const std::string& names_in) {
    auto device = std::make_unique<Device>();
    const auto problem = device->Make(names_in);
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

 private:
  std::string Make(const std::string& names_in) {
    std::filesystem::create_directory(folder_ / "squid");
    chmod(folder_.path().c_str(), 0755);
    auto squid = peers::Squid::Make(folder_ / "squid", folder_ / "acl/current/sekisho.conf");
    if (!squid) return squid.error().detail;
    squid_ = std::move(*squid);
    const auto settings =
        config::Document::Parse(squid_->ExporterSettings(folder_ / "acl", SEKISHO_SQUID_ACL,
                                                         "names_in: " + names_in + "\n"),
                                "squid.yaml");
    if (!settings) return settings.error().detail;
    auto exporter = MakeSquid(settings->root(), {"proxy", folder_.path(), clock_});
    if (!exporter) return exporter.error().detail;
    exporter_ = std::move(*exporter);
    const auto started = squid_->Start();
    return started ? "" : started.error().detail;
  }

  platform::testing::TemporaryFolder folder_;
  platform::SystemClock clock_;
  std::unique_ptr<peers::Squid> squid_;
  std::unique_ptr<Exporter> exporter_;
};

void EnforceOneMoreName(benchmark::State& state, const std::string& names_in) {
  auto names = Names(state.range(0));
  const List without = ListOf(names);
  names.emplace_back("one-more.example");
  const List with = ListOf(names);
  const auto device = Device::Start(state, names_in);
  if (!device || !device->Apply(state, nullptr, without)) return;
  bool to_with = true;
  for (auto _ : state) {
    const bool ok =
        to_with ? device->Apply(state, without, with) : device->Apply(state, with, without);
    if (!ok) return;
    to_with = !to_with;
  }
}
BENCHMARK_CAPTURE(EnforceOneMoreName, helper, "helper")
    ->Arg(1'000)
    ->Arg(100'000)
    ->Arg(1'000'000)
    ->Iterations(6)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);
BENCHMARK_CAPTURE(EnforceOneMoreName, acl_file, "squid")
    ->Arg(1'000)
    ->Arg(100'000)
    ->Iterations(4)
    ->UseRealTime()
    ->Unit(benchmark::kMillisecond);

void LookUp(benchmark::State& state) {
  const auto names = Names(state.range(0));
  const std::string file = squid::RequestList::Write(*ListOf(names));
  const auto list = squid::RequestList::Read(file);
  std::size_t next = 0;
  for (auto _ : state) {
    // Every other request is for a name that is not there.
    const std::string& name = names[next++ * 7919 % names.size()];
    const bool blocks = list->Blocks("http://www." + name + (next % 2 == 0 ? "x/" : "/"));
    benchmark::DoNotOptimize(blocks);
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations()));
}
BENCHMARK(LookUp)->Arg(100'000)->Arg(1'000'000);

// Through the helper's own process, as many requests at once as Squid hands it.
void AskTheHelper(benchmark::State& state) {
  const platform::testing::TemporaryFolder folder;
  const auto names = Names(state.range(0));
  const std::string path = folder / "requests.list";
  if (!platform::WriteFileAtomically(path, squid::RequestList::Write(*ListOf(names)))) {
    return state.SkipWithError("cannot write the list");
  }
  constexpr std::size_t requests = 200'000;
  platform::RunOptions options;
  options.output_max = std::size_t{64} << 20;
  for (std::size_t i = 0; i < requests; ++i) {
    options.input += std::to_string(i % 1000) + " http://www." + names[i * 7919 % names.size()] +
                     (i % 2 == 0 ? "x/ -\n" : "/ -\n");
  }
  for (auto _ : state) {
    const auto output = platform::Run({SEKISHO_SQUID_ACL, path}, options);
    if (!output || output->exit_code != 0) return state.SkipWithError("the helper fails");
  }
  state.SetItemsProcessed(static_cast<std::int64_t>(state.iterations() * requests));
}
BENCHMARK(AskTheHelper)->Arg(100'000)->Arg(1'000'000)->UseRealTime()->Unit(benchmark::kMillisecond);

}  // namespace
}  // namespace exporters

BENCHMARK_MAIN();
