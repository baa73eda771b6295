// What http_list answers a second, beside nginx with the same files in the same run; wrk asks both.
// The counter `ratio` is ours to nginx's.
#include <benchmark/benchmark.h>
#include <sys/resource.h>

#include <cstdlib>
#include <memory>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "exporters/http_list/feed_render.h"
#include "exporters/http_list/http_list_exporter.h"
#include "exporters/http_list/published.h"
#include "platform/atomic_file.h"
#include "platform/certificate.h"
#include "platform/clock.h"
#include "platform/gzip.h"
#include "platform/http_client.h"
#include "platform/subprocess.h"
#include "tests/peers/peers.h"
#include "tests/platform/temporary_folder.h"

namespace exporters {
namespace {

constexpr std::int64_t names_of_20_mb = 750'000;

std::string NameOf(std::int64_t i) {
  return "host-" + std::to_string(i * 2'654'435'761 % 1'000'000'007) + ".evil.example";
}

std::shared_ptr<const policy::ListSnapshot> ListOf(std::int64_t names) {
  std::vector<std::string> lines;
  for (std::int64_t i = 0; i < names; ++i) lines.push_back("domain " + NameOf(i));
  return policy::ListSnapshot::FromLines(std::move(lines));
}

// Ours and nginx, each in plain text and with TLS.
class Servers {
 public:
  explicit Servers(std::int64_t names) {
    MakeCertificate();
    Start(names);
    StartNginx();
  }

  std::string problem;

  std::string Ours(bool tls) const { return Url(tls, tls ? ours_tls_ : ours_); }
  std::string Nginx(bool tls) const { return Url(tls, tls ? nginx_tls_ : nginx_); }

 private:
  static std::string Url(bool tls, std::uint16_t port) {
    return (tls ? "https" : "http") + std::string("://127.0.0.1:") + std::to_string(port) +
           "/lists/d.txt";
  }

  void Check(const policy::Result<void>& ok) {
    if (!ok && problem.empty()) problem = ok.error().detail;
  }

  void MakeCertificate() {
    const platform::Validity always{policy::ParseTime("2020-01-01").value(),
                                    policy::ParseTime("2049-01-01").value()};
    const auto ca = platform::MakeCa("bench CA", always).value();
    platform::CertificateRequest request;
    request.common_name = "lists";
    request.ip_addresses = {"127.0.0.1"};
    const auto issued = platform::IssueCertificate(ca, request, always).value();
    Check(platform::WriteFileAtomically(folder_ / "lists.pem", issued.certificate_pem));
    Check(platform::WriteFileAtomically(folder_ / "lists.key", issued.key_pem));
  }

  std::unique_ptr<Exporter> Make(const std::string& name, std::uint16_t port,
                                 const std::string& tls) {
    const auto settings =
        config::Document::Parse("{port: " + std::to_string(port) + ", anonymous: true, " + tls +
                                    "lists: [{path: d.txt, kinds: [domain]}]}",
                                folder_ / "settings.yaml");
    std::filesystem::create_directory(folder_ / name);
    auto exporter = MakeHttpList(settings->root(), {name, folder_ / name, clock_});
    if (exporter) return std::move(*exporter);
    problem = exporter.error().detail;
    return nullptr;
  }

  void Start(std::int64_t names) {
    const auto list = ListOf(names);
    exporters_.push_back(Make("plain", ours_, ""));
    exporters_.push_back(Make("tls", ours_tls_, "tls: {certificate: lists.pem, key: lists.key}, "));
    for (const auto& exporter : exporters_) {
      if (!exporter) return;
      const auto proof = exporter->Apply({nullptr, *list, {}, 1});
      if (!proof) problem = proof.error().reason;
    }
    // What nginx serves is what we serve, compressed beforehand as ours is.
    platform::CurlHttpClient client{"bench"};
    platform::HttpRequest request;
    request.url = Ours(false);
    request.allow_private_addresses = true;
    request.body_size_max = std::size_t{1} << 30;
    const auto file = client.Get(request);
    if (!file) return Check(tl::unexpected(file.error()));
    std::filesystem::create_directories(folder_ / "root/lists");
    Check(platform::WriteFileAtomically(folder_ / "root/lists/d.txt", file->body, 0644));
    Check(platform::WriteFileAtomically(folder_ / "root/lists/d.txt.gz",
                                        platform::Gzip(file->body).value(), 0644));
  }

  void StartNginx() {
    const auto nginx = peers::Find("nginx");
    if (!nginx) problem = "no nginx; run deploy/dev/peers.sh";
    if (!problem.empty()) return;
    const std::string in = folder_.path().string() + "/";
    std::string text = "error_log " + in + "error.log;\npid " + in +
                       "pid;\ndaemon off;\nuser root;\nworker_processes 2;\n"
                       "worker_rlimit_nofile 10000;\nevents { worker_connections 8192; }\n"
                       "http {\naccess_log off;\nsendfile on;\ntcp_nopush on;\n"
                       "keepalive_requests 1000000000;\ngzip_static on;\netag on;\n"
                       "default_type text/plain;\n";
    for (const char* kind : {"client_body", "proxy", "fastcgi", "uwsgi", "scgi"}) {
      text += std::string(kind) + "_temp_path " + in + kind + ";\n";
    }
    text += "server {\nlisten 127.0.0.1:" + std::to_string(nginx_) + " backlog=4096;\nlisten " +
            "127.0.0.1:" + std::to_string(nginx_tls_) + " ssl;\nssl_certificate " + in +
            "lists.pem;\nssl_certificate_key " + in + "lists.key;\nroot " + in + "root;\n}\n}\n";
    Check(platform::WriteFileAtomically(folder_ / "nginx.conf", text));
    platform::ChildOptions options;
    options.output_file = folder_ / "nginx.out";
    auto process = platform::ChildProcess::Start(
        {nginx->string(), "-p", in, "-c", in + "nginx.conf"}, options);
    if (!process) return Check(tl::unexpected(process.error()));
    nginx_process_ = std::move(*process);
    std::this_thread::sleep_for(std::chrono::seconds(1));
    if (!nginx_process_->Running()) problem = "nginx does not start";
  }

  platform::testing::TemporaryFolder folder_;
  platform::SystemClock clock_;
  std::uint16_t ours_ = peers::FreePort();
  std::uint16_t ours_tls_ = peers::FreePort();
  std::uint16_t nginx_ = peers::FreePort();
  std::uint16_t nginx_tls_ = peers::FreePort();
  std::vector<std::unique_ptr<Exporter>> exporters_;
  std::optional<platform::ChildProcess> nginx_process_;
};

std::string EtagOf(const std::string& url, const std::string& coding) {
  const auto output = platform::Run({"curl", "-sIk", "-H", "Accept-Encoding: " + coding, url}, {});
  if (!output) return {};
  for (const char* name : {"ETag: ", "etag: "}) {
    const std::size_t at = output->out.find(name);
    if (at == std::string::npos) continue;
    return output->out.substr(at + 6, output->out.find('\r', at) - at - 6);
  }
  return {};
}

struct Load {
  int connections;
  bool tls = false;
  bool has_it = false;  // asks with If-None-Match
  const char* coding = "identity";
};

bool IsNotModified(const std::string& url, const std::string& coding, const std::string& etag) {
  const auto output =
      platform::Run({"curl", "-sk", "-o", "/dev/null", "-w", "%{http_code}", "-H",
                     "Accept-Encoding: " + coding, "-H", "If-None-Match: " + etag, url},
                    {});
  return output && output->out == "304";
}

// Requests a second; 0 if any failed.
double Rate(const std::string& url, const Load& load) {
  std::vector<std::string> argv{
      "wrk", "-t2", "-c" + std::to_string(load.connections),       "-d4s", "--timeout",
      "30s", "-H",  std::string("Accept-Encoding: ") + load.coding};
  if (load.has_it) {
    const std::string etag = EtagOf(url, load.coding);
    if (!IsNotModified(url, load.coding, etag)) return 0;
    argv.emplace_back("-H");
    argv.push_back("If-None-Match: " + etag);
  }
  argv.push_back(url);
  platform::RunOptions options;
  options.timeout = std::chrono::minutes(2);
  const auto output = platform::Run(argv, options);
  if (!output || output->out.find("Non-2xx") != std::string::npos ||
      output->out.find("Socket errors") != std::string::npos) {
    return 0;
  }
  const std::string_view name = "Requests/sec:";
  const std::size_t at = output->out.find(name);
  return at == std::string::npos ? 0 : std::strtod(output->out.c_str() + at + name.size(), nullptr);
}

void Answers(benchmark::State& state, std::int64_t names, const Load& load) {
  const Servers servers(names);
  if (!servers.problem.empty()) return state.SkipWithError(servers.problem.c_str());
  double ours = 0;
  double nginx = 0;
  for (auto _ : state) {
    nginx += Rate(servers.Nginx(load.tls), load);
    ours += Rate(servers.Ours(load.tls), load);
    if (ours == 0 || nginx == 0) return state.SkipWithError("no wrk, or requests failed");
  }
  const auto rounds = static_cast<double>(state.iterations());
  state.counters["ours"] = ours / rounds;
  state.counters["nginx"] = nginx / rounds;
  state.counters["ratio"] = ours / nginx;
}
#define ANSWERS(name, names, ...)                            \
  BENCHMARK_CAPTURE(Answers, name, names, Load{__VA_ARGS__}) \
      ->Iterations(3)                                        \
      ->UseRealTime()                                        \
      ->Unit(benchmark::kSecond)
ANSWERS(not_modified_64, 1'000, .connections = 64, .has_it = true);
ANSWERS(not_modified_2000, 1'000, .connections = 2'000, .has_it = true);
ANSWERS(not_modified_tls_64, 1'000, .connections = 64, .tls = true, .has_it = true);
ANSWERS(small_body_64, 100, .connections = 64);
ANSWERS(body_20_mb_4, names_of_20_mb, .connections = 4);
ANSWERS(body_20_mb_tls_4, names_of_20_mb, .connections = 4, .tls = true);
ANSWERS(body_20_mb_gzip_4, names_of_20_mb, .connections = 4, .coding = "gzip");
#undef ANSWERS

// What the first who asks for a variant waits for.
void MakeVariant(benchmark::State& state) {
  const auto list = ListOf(state.range(0));
  const http_list::Variant variant{"d.txt", {policy::IndicatorKind::domain}};
  const auto query = http_list::ReadFeedQuery("v=json").value();
  for (auto _ : state) {
    auto feed = http_list::RenderFeed(*list, variant, query);
    auto resource = http_list::MakeResource(std::move(feed->bytes), feed->content_type);
    state.counters["bytes"] = static_cast<double>((*resource)->size());
  }
}
BENCHMARK(MakeVariant)->Arg(1'000'000)->Iterations(3)->Unit(benchmark::kSecond);

}  // namespace
}  // namespace exporters

int main(int argc, char** argv) {
  rlimit files{};
  getrlimit(RLIMIT_NOFILE, &files);
  files.rlim_cur = files.rlim_max;
  setrlimit(RLIMIT_NOFILE, &files);
  benchmark::Initialize(&argc, argv);
  benchmark::RunSpecifiedBenchmarks();
}
