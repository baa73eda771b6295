// What a list costs a bouncer that pulls it: from our exporter, and, with the same addresses in the
// same run, from CrowdSec's own local API with SQLite.
#include <benchmark/benchmark.h>

#include <memory>
#include <string>
#include <utility>
#include <vector>

#include "exporters/crowdsec/crowdsec_exporter.h"
#include "platform/clock.h"
#include "platform/http_client.h"
#include "policy/digest.h"
#include "tests/peers/crowdsec.h"
#include "tests/peers/peers.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

using List = std::shared_ptr<const policy::ListSnapshot>;

const std::string key = "the-key-of-the-bench";

std::string Address(std::int64_t i) {
  return "11." + std::to_string(i / 65'536 % 256) + "." + std::to_string(i / 256 % 256) + "." +
         std::to_string(i % 256);
}

List ListOf(std::int64_t count, std::vector<std::string> more = {}) {
  std::vector<std::string> lines = std::move(more);
  for (std::int64_t i = 0; i < count; ++i) lines.push_back("ip " + Address(i) + "/32");
  return policy::ListSnapshot::FromLines(std::move(lines));
}

// Somebody's local API, with a list in it; `problem` says why not.
class Api {
 public:
  virtual ~Api() = default;
  std::string problem;

  // Gives the bytes of the answer, 0 if there is none.
  std::size_t Pull(bool startup) {
    platform::HttpRequest request;
    request.url = url_ + "/v1/decisions/stream?startup=" + (startup ? "true" : "false");
    request.allow_private_addresses = true;
    request.deadline = std::chrono::minutes(10);
    request.body_size_max = 1024UL * 1024 * 1024;
    request.headers.push_back({"X-Api-Key", key_});
    const auto response = client_.Get(request);
    return response && response->status == 200 ? response->body.size() : 0;
  }

 protected:
  std::string url_;
  std::string key_ = key;
  platform::testing::TemporaryFolder folder_;

 private:
  platform::CurlHttpClient client_{"bench"};
};

class Ours final : public Api {
 public:
  explicit Ours(std::int64_t count) : list_(ListOf(count)) {
    const std::string port = std::to_string(peers::FreePort());
    const auto settings = config::Document::Parse(
        "port: " + port + "\npull_within: 1s\nentries_max: 2000000\nbouncers: [{name: bench, " +
            "key_sha256: " + policy::ToHex(policy::Sha256Of(key)) + "}]\n",
        "bench.yaml");
    auto exporter = MakeCrowdsec(settings->root(), {"bench", folder_.path(), clock_});
    if (!exporter) {
      problem = exporter.error().detail;
      return;
    }
    exporter_ = std::move(*exporter);
    url_ = "http://127.0.0.1:" + port;
  }

  // From nothing, or from `base`.
  void Publish(const List& base, const List& list) {
    const policy::Delta delta = base ? policy::Difference(*base, *list) : policy::Delta{};
    const auto proof = exporter_->Apply({base.get(), *list, delta});
    if (!proof) problem = proof.error().reason;
  }
  const List& list() const { return list_; }

 private:
  List list_;
  platform::SystemClock clock_;
  std::unique_ptr<Exporter> exporter_;
};

class Theirs final : public Api {
 public:
  explicit Theirs(std::int64_t count) {
    auto lapi = peers::CrowdsecLapi::Start(folder_.path());
    if (!lapi) {
      problem = lapi.error().detail;
      return;
    }
    lapi_ = std::move(*lapi);
    url_ = lapi_->url();
    key_ = lapi_->key();
    std::vector<std::string> addresses;
    for (std::int64_t i = 0; i < count; ++i) addresses.push_back(Address(i));
    if (auto done = lapi_->Import(addresses); !done) problem = done.error().detail;
  }

  void Cscli(const std::string& arguments) {
    if (auto said = lapi_->Cscli(arguments); !said) problem = said.error().detail;
  }

 private:
  std::unique_ptr<peers::CrowdsecLapi> lapi_;
};

bool IsWell(benchmark::State& state, const Api& api) {
  if (!api.problem.empty()) state.SkipWithError(api.problem.c_str());
  return api.problem.empty();
}

void PublishWhole(benchmark::State& state) {
  for (auto _ : state) {
    state.PauseTiming();
    auto api = std::make_unique<Ours>(state.range(0));
    state.ResumeTiming();
    if (!IsWell(state, *api)) return;
    api->Publish(nullptr, api->list());
    if (!IsWell(state, *api)) return;
    state.PauseTiming();
    api.reset();
    state.ResumeTiming();
  }
}

// Proved as far as our own pull goes; there is no bouncer to wait for.
void PublishOneMore(benchmark::State& state) {
  Ours api(state.range(0));
  if (!IsWell(state, api)) return;
  api.Publish(nullptr, api.list());
  const List more = ListOf(state.range(0), {"ip 192.0.2.1/32"});
  for (auto _ : state) {
    api.Publish(api.list(), more);
    state.PauseTiming();
    api.Publish(more, api.list());
    state.ResumeTiming();
    if (!IsWell(state, api)) return;
  }
}

void OneMoreWithCrowdsec(benchmark::State& state) {
  Theirs api(state.range(0));
  for (auto _ : state) {
    if (!IsWell(state, api)) return;
    api.Cscli("decisions add --ip 192.0.2.1 --duration 4h");
    if (api.Pull(false) == 0) state.SkipWithError("no answer");
    state.PauseTiming();
    api.Cscli("decisions delete --ip 192.0.2.1");
    state.ResumeTiming();
  }
}

void Pull(benchmark::State& state, Api& api, bool startup) {
  if (!IsWell(state, api)) return;
  api.Pull(true);
  api.Pull(false);
  std::size_t bytes = 0;
  for (auto _ : state) {
    bytes = api.Pull(startup);
    if (bytes == 0) return state.SkipWithError("no answer");
  }
  state.counters["bytes"] = static_cast<double>(bytes);
}

void PullOurs(benchmark::State& state, bool startup) {
  Ours api(state.range(0));
  if (IsWell(state, api)) api.Publish(nullptr, api.list());
  Pull(state, api, startup);
}

void PullTheirs(benchmark::State& state, bool startup) {
  Theirs api(state.range(0));
  Pull(state, api, startup);
}

void Small(benchmark::internal::Benchmark* bench) {
  bench->Arg(1'000)->Arg(100'000)->Iterations(3)->UseRealTime()->Unit(benchmark::kMillisecond);
}
// CrowdSec's own takes too long to be filled with a million.
void Large(benchmark::internal::Benchmark* bench) {
  Small(bench);
  bench->Arg(1'000'000);
}

BENCHMARK(PublishWhole)->Apply(Large);
BENCHMARK(PublishOneMore)->Apply(Large);
BENCHMARK(OneMoreWithCrowdsec)->Apply(Small);
BENCHMARK_CAPTURE(PullOurs, startup, true)->Apply(Large);
BENCHMARK_CAPTURE(PullTheirs, startup, true)->Apply(Small);
BENCHMARK_CAPTURE(PullOurs, unchanged, false)->Apply(Large);
BENCHMARK_CAPTURE(PullTheirs, unchanged, false)->Apply(Small);

}  // namespace
}  // namespace exporters

BENCHMARK_MAIN();
