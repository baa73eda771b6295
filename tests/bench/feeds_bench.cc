// How fast each feed format is read, in MB/s, and beside it its library alone over the same bytes:
// CsvReader without a mapping, nlohmann::json::parse, a walk over the lines. Real files as they
// are, and their rows repeated with new indicators to 1k to 1M of them.
#include <benchmark/benchmark.h>
#include <malloc.h>

#include <cstdint>
#include <functional>
#include <nlohmann/json.hpp>
#include <string>
#include <string_view>
#include <vector>

#include "agent/feeds/csv.h"
#include "agent/feeds/feed_text.h"
#include "tests/agent/feeds_counts.h"
#include "tests/policy/real_data.h"

namespace agent::feeds {
namespace {

// --- what formats are measured against ---

using Baseline = std::size_t (*)(std::string_view bytes);

class FieldCounter final : public CsvSink {
 public:
  void Record(std::size_t, std::span<const std::string> fields) override { seen += fields.size(); }
  void Comment(std::size_t, std::string_view) override {}
  void Broken(std::size_t, std::string_view) override {}
  bool full() const { return false; }
  std::size_t seen = 0;
};

std::size_t CsvAlone(std::string_view bytes) {
  FieldCounter counter;
  ReadCsv(bytes, counter, {.skip_initial_space = true});
  return counter.seen;
}

std::size_t JsonAlone(std::string_view bytes) {
  return nlohmann::json::parse(bytes, nullptr, false).size();
}

std::size_t LinesAlone(std::string_view bytes) {
  std::size_t lines = 0;
  ForEachLine(bytes, [&lines](std::size_t, std::string_view) { ++lines; });
  return lines;
}

// --- synthetic files: what a real one looks like, with `rows` different indicators ---

using Synthetic = std::string (*)(std::size_t rows);

std::string Repeated(std::string_view head, std::string_view row, std::string_view between,
                     const std::string& tail, std::size_t rows) {
  std::string text(head);
  text.reserve(rows * (row.size() + 12) + 200);
  for (std::size_t i = 0; i < rows; ++i) {
    if (i > 0) text += between;
    for (const char c : row) c == '@' ? text += std::to_string(i) : text += c;
  }
  return text + tail;
}

std::string UrlhausCsv(std::size_t rows) {
  return Repeated("# id,dateadded\r\n",
                  "\"@\",\"2026-03-15 04:44:18\",\"http://h@.example:41390/bin/x.sh\",\"online\","
                  "\"2026-03-15 04:44:18\",\"malware_download\",\"32-bit,elf,mips,Mozi\","
                  "\"https://urlhaus.abuse.ch/url/@/\",\"someone\"\r\n",
                  "", "# Number of entries: " + std::to_string(rows), rows);
}

std::string UrlhausJson(std::size_t rows) {
  return Repeated("{",
                  "\"@\":[{\"dateadded\":\"2026-02-01 15:19:12 UTC\","
                  "\"url\":\"http://h@.example:41390/bin/x.sh\",\"url_status\":\"online\","
                  "\"last_online\":\"2026-02-01 15:19:12 UTC\",\"threat\":\"malware_download\","
                  "\"tags\":[\"32-bit\",\"elf\",\"mips\",\"Mozi\"],"
                  "\"urlhaus_link\":\"https://urlhaus.abuse.ch/url/@/\",\"reporter\":\"someone\"}]",
                  ",", "}", rows);
}

std::string ThreatfoxCsv(std::size_t rows) {
  return Repeated("",
                  "\"2026-03-15 04:49:31\", \"@\", \"h@.trace.in.net\", \"domain\", "
                  "\"payload_delivery\", \"js.clearfake\", \"None\", \"ClearFake\", \"2026-03-15 "
                  "04:49:55\", \"100\", \"False\", \"None\", \"ClearFake\", \"1\", \"someone\"\r\n",
                  "", "# Number of entries: " + std::to_string(rows), rows);
}

std::string ThreatfoxJson(std::size_t rows) {
  return Repeated("{",
                  "\"@\": [{\"ioc_value\": \"h@.trace.in.net\", \"ioc_type\": \"domain\", "
                  "\"threat_type\": \"botnet_cc\", \"malware\": \"win.vidar\", \"malware_alias\": "
                  "null, \"malware_printable\": \"Vidar\", \"first_seen_utc\": \"2026-07-08 "
                  "18:46:00\", \"last_seen_utc\": null, \"confidence_level\": 100, "
                  "\"is_compromised\": true, \"reference\": null, \"tags\": \"vidar\", "
                  "\"anonymous\": 0, \"reporter\": \"someone\"}]",
                  ", ", "}", rows);
}

std::string SslblCsv(std::size_t rows) {
  return Repeated("", "2026-03-14 18:41:36,f1051306c328fd41245695084f8e6d39a478c055,Vidar C&C\r\n",
                  "", "# END (" + std::to_string(rows) + ") entries", rows);
}

std::string MappedCsv(std::size_t rows) {
  return Repeated("host,kind,seen,score\n", "h@.example,domain,2026-03-15,80\n", "", "", rows);
}

std::string MappedJson(std::size_t rows) {
  return Repeated("{\"data\": [",
                  "{\"host\": \"h@.example\", \"kind\": \"domain\", \"seen\": \"2026-03-15\", "
                  "\"score\": 80}",
                  ", ", "]}", rows);
}

std::string PlainList(std::size_t rows) {
  return Repeated("# names\n", "host-h@.example\n", "", "", rows);
}

std::string HostsFile(std::size_t rows) {
  return Repeated("# names\n", "0.0.0.0 host-h@.example\n", "", "", rows);
}

std::string MispEvent(std::size_t rows) {
  return Repeated(
      "{\"Event\": {\"info\": \"synthetic\", \"date\": \"2026-03-15\", \"Attribute\": [",
      "{\"uuid\": \"5f0c0bfe-1b1c-4e3a-8d3f-@\", \"type\": \"domain\", "
      "\"category\": \"Network activity\", \"to_ids\": true, \"timestamp\": "
      "\"1773550000\", \"deleted\": false, \"comment\": \"\", \"value\": "
      "\"h@.example\", \"Tag\": [{\"name\": \"tlp:green\"}]}",
      ", ", "]}}", rows);
}

std::string StixBundle(std::size_t rows) {
  return Repeated("{\"type\": \"bundle\", \"id\": \"bundle--1\", \"objects\": [",
                  "{\"type\": \"indicator\", \"spec_version\": \"2.1\", \"id\": "
                  "\"indicator--5f0c0bfe-1b1c-4e3a-8d3f-@\", \"created\": "
                  "\"2026-03-15T04:00:00Z\", \"modified\": \"2026-03-15T04:00:00Z\", "
                  "\"pattern\": \"[domain-name:value = 'h@.example']\", \"pattern_type\": "
                  "\"stix\", \"valid_from\": \"2026-03-15T04:00:00Z\", \"confidence\": 80}",
                  ", ", "]}", rows);
}

std::string Report(std::size_t rows) {
  return Repeated("Our analysis of the campaign.\n",
                  "The loader then asks h@[.]example for hxxp://h@[.]example/bin/x.sh again.\n", "",
                  "", rows);
}

std::string SuricataRules(std::size_t rows) {
  return Repeated("",
                  "alert dns any any -> any any (msg:\"MALWARE h@\"; dns.query; "
                  "content:\"h@.example\"; startswith; endswith; nocase; "
                  "classtype:trojan-activity; sid:@; rev:1;)\n",
                  "", "", rows);
}

std::string RpzZone(std::size_t rows) {
  return Repeated("$TTL 30\n@ SOA localhost. root.localhost. 1 60 60 60 60\n NS localhost.\n",
                  "h@.example CNAME .\n*.h@.example CNAME .\n", "", "", rows);
}

// --- what is measured: a format is one row here ---

struct Format {
  const char* name;
  std::string yaml;
  Baseline baseline;
  Synthetic synthetic;    // null for none
  const char* real_file;  // empty for none
};

std::vector<Format> Formats() {
  const std::string columns =
      "columns: {indicator: host, kind: kind, last_seen: seen, confidence: score}\n";
  const std::string pointers =
      "columns: {indicator: /host, kind: /kind, last_seen: /seen, confidence: /score}\n";
  return {
      {"urlhaus-csv", "format: urlhaus-csv", CsvAlone, UrlhausCsv,
       "urlhaus/csv_recent_2026-03-15.csv.zst"},
      {"urlhaus-json", "format: urlhaus-json", JsonAlone, UrlhausJson,
       "urlhaus/urlhaus_json_2026-02-01.json"},
      {"threatfox-csv", "format: threatfox-csv", CsvAlone, ThreatfoxCsv,
       "threatfox/csv_recent_2026-03-15.csv"},
      {"threatfox-json", "format: threatfox-json", JsonAlone, ThreatfoxJson,
       "threatfox/json_recent_2026-07-09.json.zst"},
      {"feodo-csv", "format: feodo-csv", CsvAlone, nullptr, "feodo/ipblocklist_2024-04-03.csv"},
      {"feodo-json", "format: feodo-json", JsonAlone, nullptr, "feodo/ipblocklist_2026-03.json"},
      {"sslbl-csv", "format: sslbl-csv", CsvAlone, SslblCsv,
       "sslbl/sslblacklist_2026-03-14.csv.zst"},
      {"csv", "format: csv\n" + columns, CsvAlone, MappedCsv, ""},
      {"json", "format: json\nrows: /data\n" + pointers, JsonAlone, MappedJson, ""},
      {"plain", "format: plain", LinesAlone, PlainList, "generic/ipsum_2026-08-22.txt.zst"},
      {"hosts", "format: hosts", LinesAlone, HostsFile,
       "urlhaus/filter-2025-07-19/urlhaus-filter-hosts.txt"},
      {"misp-json", "format: misp-json", JsonAlone, MispEvent, ""},
      {"stix", "format: stix", JsonAlone, StixBundle, ""},
      {"text", "format: text", LinesAlone, Report, ""},
      {"suricata-rules", "format: suricata-rules", LinesAlone, SuricataRules, ""},
      {"rpz", "format: rpz\nzone: rpz.example.net", LinesAlone, RpzZone, ""},
  };
}

// --- measuring ---

void Count(benchmark::State& state, std::size_t bytes) {
  state.SetBytesProcessed(state.iterations() * static_cast<std::int64_t>(bytes));
  state.counters["MB"] = static_cast<double>(bytes) / 1e6;
}

std::size_t HeapBytes() {
  const auto info = mallinfo2();
  return info.uordblks + info.hblkhd;
}

void Parse(benchmark::State& state, const Format& format, const std::string& bytes) {
  const auto made = FormatOf(format.yaml);
  if (!made) return state.SkipWithError(made.error().detail.c_str());
  const auto now = *policy::ParseTime("2026-03-15T05:00:00Z");
  const std::size_t before = HeapBytes();
  std::size_t rows = 0;
  std::size_t held = 0;
  for (auto _ : state) {
    const auto snapshot = made->parse(bytes, now, 2'000'000);
    if (!snapshot) return state.SkipWithError(snapshot.error().detail.c_str());
    rows = snapshot->rows_total;
    held = HeapBytes() - before;
  }
  Count(state, bytes.size());
  state.SetItemsProcessed(state.iterations() * static_cast<std::int64_t>(rows));
  state.counters["rows"] = static_cast<double>(rows);
  state.counters["heap_per_row"] = static_cast<double>(held) / static_cast<double>(rows);
}

void Alone(benchmark::State& state, const Format& format, const std::string& bytes) {
  for (auto _ : state) benchmark::DoNotOptimize(format.baseline(bytes));
  Count(state, bytes.size());
}

// The file at hand. One at a time is in memory, since those of a million rows are large.
struct Current {
  std::string name;
  std::string bytes;
};

// Both over the same bytes, one after the other.
void RegisterPair(Current& current, const Format& format, const std::string& size,
                  const std::function<std::string()>& make) {
  const std::string name = std::string(format.name) + "/" + size;
  const auto bytes = [&current, name, make]() -> const std::string& {
    if (current.name != name) current = {name, make()};
    return current.bytes;
  };
  benchmark::RegisterBenchmark((name + "/parse").c_str(), [=](auto& state) {
    Parse(state, format, bytes());
  })->Unit(benchmark::kMillisecond);
  benchmark::RegisterBenchmark((name + "/alone").c_str(), [=](auto& state) {
    Alone(state, format, bytes());
  })->Unit(benchmark::kMillisecond);
}

void Register(Current& current, const Format& format) {
  const std::string real(format.real_file);
  if (!real.empty() && std::filesystem::exists(RealDataPath(real))) {
    RegisterPair(current, format, "real", [real] { return ReadRealData(real); });
  }
  if (format.synthetic == nullptr) return;
  for (const std::size_t rows : {1'000, 10'000, 100'000, 1'000'000}) {
    RegisterPair(current, format, std::to_string(rows), [=] { return format.synthetic(rows); });
  }
}

}  // namespace
}  // namespace agent::feeds

int main(int argc, char** argv) {
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  agent::feeds::Current current;
  for (const auto& format : agent::feeds::Formats()) agent::feeds::Register(current, format);
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
