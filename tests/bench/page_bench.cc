// The queue in a real browser with 100,000 rows loaded: how long a key and a frame take. Sixty
// frames a second are 16.7 ms each; agent/web/e2e/bench.mjs says what is counted.
#include <benchmark/benchmark.h>

#include <chrono>
#include <string>

#include <nlohmann/json.hpp>

#include "platform/subprocess.h"
#include "tests/e2e/site.h"

namespace e2e {
namespace {

std::string Names(std::int64_t rows) {
  std::string names;
  for (std::int64_t i = 0; i < rows; ++i) {
    names += "host" + std::to_string(i) + ".zone" + std::to_string(i % 997) + ".example\n";
  }
  return names;
}

void QueuePage(benchmark::State& state) {
  SiteOptions options;
  options.web_root = SEKISHO_WEB_ROOT;
  Site site(options);
  site.AddFeed("large", "plain", Names(state.range(0)), ", default_confidence: 90");
  site.AddAllowlist("hosting", "plain", "hosting.example\n", "hosting", "url-only");
  site.Start();
  platform::RunOptions run;
  run.timeout = std::chrono::minutes(15);
  for (auto _ : state) {
    const auto output = platform::Run(
        {"/usr/bin/env", "SEKISHO_URL=" + site.web_url(),
         "SEKISHO_FIRST_ADMIN=" + site.first_admin_link(), "SEKISHO_CHROMIUM=" SEKISHO_CHROMIUM,
         "SEKISHO_ROWS=" + std::to_string(state.range(0)), SEKISHO_NODE, SEKISHO_PAGE_BENCH},
        run);
    if (!output || output->exit_code != 0) {
      const std::string why = output ? output->err : output.error().detail;
      state.SkipWithError(why.c_str());
      return;
    }
    const auto numbers = nlohmann::json::parse(output->out);
    for (const auto& [name, value] : numbers.items()) state.counters[name] = value.get<double>();
  }
}
BENCHMARK(QueuePage)
    ->Arg(1'000)
    ->Arg(100'000)
    ->Iterations(1)
    ->Unit(benchmark::kSecond)
    ->UseRealTime();

}  // namespace
}  // namespace e2e

BENCHMARK_MAIN();
