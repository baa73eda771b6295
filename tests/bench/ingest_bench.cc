// A feed's way from a server to the durable store and the queue, and what later changes cost.
//
// `peak_MiB` is the most memory that the process had during the run, with the file that the server,
// which runs in it too, holds.
#include <benchmark/benchmark.h>

#include <chrono>
#include <fstream>
#include <memory>
#include <string>
#include <utility>

#include "agent/engine.h"
#include "agent/feeds/fetcher.h"
#include "agent/feeds/registry.h"
#include "agent/store/sqlite_store.h"
#include "platform/http_client.h"
#include "platform/http_server.h"
#include "tests/platform/temporary_folder.h"

namespace agent {
namespace {

constexpr policy::TimePoint now{std::chrono::seconds(1'790'000'000)};

policy::Confidence Percent(int percent) {
  return policy::Confidence::FromPercent(percent).value();
}

// Rows from `first` on in URLhaus' form; four URLs a host.
std::shared_ptr<const std::string> Dump(std::int64_t rows, std::int64_t first = 0) {
  const std::string time = policy::FormatTime(now - std::chrono::hours(1));
  const std::string seen = time.substr(0, 10) + " " + time.substr(11, 8);
  std::string text;
  for (std::int64_t i = first; i < rows; ++i) {
    text += "\"" + std::to_string(i) + "\",\"" + seen + "\",\"http://n" +
            std::to_string(i / 4 * 7919 % rows) + ".example.net/" + std::to_string(i) +
            "/bin.sh\",\"online\",\"" + seen + "\",\"malware_download\",\"32-bit,elf,mips\",\"" +
            "https://urlhaus.example/url/" + std::to_string(i) + "/\",\"reporter\"\r\n";
  }
  text.shrink_to_fit();
  return std::make_shared<const std::string>(std::move(text));
}

EngineSettings Settings() {
  EngineSettings settings{
      .policy = {.version = "1",
                 .confidence_min = Percent(50),
                 .ages = {.domain = std::chrono::hours(24 * 30),
                          .ip = std::chrono::hours(24 * 14),
                          .url = std::chrono::hours(24 * 7)},
                 .lifetime_default = std::chrono::hours(24 * 7),
                 .lifetime_max = std::chrono::hours(24 * 90)},
      .queue = {std::chrono::hours(24 * 90), std::chrono::hours(24 * 7),
                std::chrono::hours(24 * 30)},
      .lists = {{"proxy", {policy::IndicatorKind::domain, policy::IndicatorKind::url}}}};
  // Every row counts for itself, as where each host is shared: the most that a feed can cost.
  settings.policy.propose_hosts_of_urls = false;
  settings.world.feeds = {{{"urlhaus", "abuse.ch", Percent(90), Percent(90)}, true}};
  settings.world.allowlists = {
      {{"services", policy::AllowCategory::hosting, policy::AllowEffect::url_only}}};
  return settings;
}

// The kernel's high-water mark of this process's memory (proc(5)).
double PeakMiB() {
  std::ifstream status("/proc/self/status");
  for (std::string line; std::getline(status, line);) {
    if (line.starts_with("VmHWM:")) return std::stod(line.substr(6)) / 1024;
  }
  return 0;
}
void ForgetPeak() {
  std::ofstream("/proc/self/clear_refs") << "5";
}

// An agent's core with one feed, served over HTTP, and one allowlist.
class Agent {
 public:
  Agent() {
    auto server = platform::HttpServer::Start({}, [this](const platform::HttpServerRequest&) {
      return platform::HttpServerResponse{200, {}, body_};
    });
    server_ = std::move(*server);
    store_ = store::OpenSqlite(folder_ / "agent.db").value();
    history_ = history::HistoryWriter::Open(*store_, "bench.example/history",
                                            platform::SigningKey::Generate().value())
                   .value();
    engine_ =
        Engine::Start(Settings(), suffixes_, *store_, *history_, publication_, clock_).value();
    feeds::SourceSettings settings;
    settings.name = "urlhaus";
    settings.url = "http://127.0.0.1:" + std::to_string(server_->port()) + "/csv";
    settings.format = *feeds::FindFeedFormat("urlhaus-csv");
    settings.body_size_max = 1024UL * 1024 * 1024;
    settings.allow_private = true;
    settings.limits.rows_max = 2'000'000;
    fetcher_ = std::make_unique<feeds::FeedFetcher>(
        feeds::FeedFetcher::Open(settings, folder_.path(), client_).value());
    Allow("allowed.example");
  }

  void Serve(std::shared_ptr<const std::string> body) { body_ = std::move(body); }

  // Until all that follows is in the store.
  bool Fetch() {
    auto result = fetcher_->Fetch(now, {}, feeds::SizeCheck::waive);
    const bool is_accepted = result.outcome == feeds::FetchOutcome::accepted;
    engine_->TakeFetch(std::move(result));
    engine_->Settle();
    return is_accepted;
  }

  void Allow(const std::string& name) {
    auto list = std::make_shared<policy::ParsedAllowlist>();
    list->entries.push_back({policy::Domain::Parse(name).value(), true});
    feeds::FetchResult result{feeds::SourceKind::allowlist, "services",
                              feeds::FetchOutcome::accepted, "", now};
    result.parsed =
        feeds::ParsedSource{std::shared_ptr<const policy::ParsedAllowlist>(std::move(list)), {}, 0};
    engine_->TakeFetch(std::move(result));
    engine_->Settle();
  }

  std::uint64_t pending() const {
    std::uint64_t count = 0;
    store::ProposalQuery query;
    query.states = {store::ProposalState::pending};
    auto reader = store_->Read().value();
    (void)reader->ForEachProposal(query, [&](const auto&) { return ++count, true; });
    return count;
  }

 private:
  platform::testing::TemporaryFolder folder_;
  platform::ManualClock clock_{now};
  std::shared_ptr<const policy::PublicSuffixList> suffixes_ =
      std::make_shared<const policy::PublicSuffixList>(
          policy::PublicSuffixList::Parse("com\nexample\nnet\n").value());
  std::shared_ptr<const std::string> body_;
  std::unique_ptr<platform::HttpServer> server_;
  std::unique_ptr<store::Store> store_;
  std::unique_ptr<history::HistoryWriter> history_;
  publish::Publication publication_;
  std::unique_ptr<Engine> engine_;
  platform::CurlHttpClient client_{"sekisho-bench"};
  std::unique_ptr<feeds::FeedFetcher> fetcher_;
};

void Ingest(benchmark::State& state) {
  const auto dump = Dump(state.range(0));
  std::uint64_t pending = 0;
  double peak = 0;
  for (auto _ : state) {
    state.PauseTiming();
    auto agent = std::make_unique<Agent>();
    agent->Serve(dump);
    ForgetPeak();
    state.ResumeTiming();
    if (!agent->Fetch()) return state.SkipWithError("the feed was not accepted");
    state.PauseTiming();
    peak = std::max(peak, PeakMiB());
    pending = agent->pending();
    agent.reset();
    state.ResumeTiming();
  }
  state.counters["pending"] = static_cast<double>(pending);
  state.counters["peak_MiB"] = peak;
  state.counters["rows"] = benchmark::Counter(static_cast<double>(state.range(0)),
                                              benchmark::Counter::kIsIterationInvariantRate);
}

// The feed comes again with one row more, and with one less.
void OneRow(benchmark::State& state) {
  Agent agent;
  const auto dump = Dump(state.range(0));
  agent.Serve(dump);
  if (!agent.Fetch()) return state.SkipWithError("the feed was not accepted");
  const auto more =
      std::make_shared<const std::string>(*dump + *Dump(state.range(0) + 1, state.range(0)));
  bool is_more = false;
  for (auto _ : state) {
    state.PauseTiming();
    is_more = !is_more;
    agent.Serve(is_more ? more : dump);
    state.ResumeTiming();
    if (!agent.Fetch()) return state.SkipWithError("the feed was not accepted");
  }
}

// The allowlist changes, which can touch everything.
void AllowlistChange(benchmark::State& state) {
  Agent agent;
  agent.Serve(Dump(state.range(0)));
  if (!agent.Fetch()) return state.SkipWithError("the feed was not accepted");
  bool is_other = false;
  for (auto _ : state) {
    is_other = !is_other;
    agent.Allow(is_other ? "n0.example.net" : "allowed.example");
  }
}

void Sizes(benchmark::internal::Benchmark* bench) {
  for (const std::int64_t rows : {1'000, 10'000, 100'000, 1'000'000}) bench->Arg(rows);
  bench->Unit(benchmark::kMillisecond)->UseRealTime()->MeasureProcessCPUTime();
}

BENCHMARK(Ingest)->Apply(Sizes)->Iterations(1);
BENCHMARK(OneRow)->Apply(Sizes)->Iterations(4);
BENCHMARK(AllowlistChange)->Apply(Sizes)->Iterations(4);

}  // namespace
}  // namespace agent

BENCHMARK_MAIN();
