#include <array>
#include <cstdint>
#include <stdexcept>
#include <string>
#include <string_view>

#include "agent/feeds/registry.h"
#include "policy/url_path.h"
#include "tests/agent/feeds_counts.h"
#include "tests/fuzz/require.h"

namespace {

using agent::feeds::FeedFormat;

// Between them they use each key there is.
constexpr std::array<const char*, 5> kFeeds{
    "format: csv\n"
    "columns: {indicator: a, kind: b, first_seen: c, last_seen: d, valid_until: e, confidence: f,\n"
    "          threat: g, malware: h, tags: i, reference: j}\n"
    "kinds: {A: domain, B: ip, C: ip:port, D: url, E: hash, F: context}\n"
    "threats: {x: c2}\n"
    "confidences: {high: 90}\n",
    "format: csv\n"
    "header: false\n"
    "delimiter: \"\\t\"\n"
    "comment: \"\"\n"
    "skip_initial_space: false\n"
    "columns: {indicator: \"2\", last_seen: \"1\"}\n"
    "time_formats: [unix, unix-ms, \"%d %b %Y %I:%M %p %z\", \"%y%m%dT%T\", \"%e.%m.%Y %R\"]\n"
    "where: {\"3\": [\"\", y]}\n"
    "empty: [\"-\"]\n",
    "format: json\n"
    "rows: /a/0\n"
    "columns: {indicator: /i, kind: /k, last_seen: /t, tags: /x, confidence: /c/0}\n"
    "time_formats: [iso, unix]\n"
    "where: {/w: \"true\"}\n",
    "format: json\n"
    "columns: {indicator: \"\"}\n",
    "format: csv\n"
    "header: [a]\n"
    "columns: {indicator: a}\n"
    "kind: ip:port\n",
};

FeedFormat FormatNumber(std::size_t number) {
  auto format = agent::feeds::FormatOf(kFeeds.at(number));
  if (!format) throw std::logic_error(format.error().detail);
  return *std::move(format);
}

}  // namespace

// The first byte chooses a mapping, the rest is the file.
extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  if (size == 0) return 0;
  static const std::array<FeedFormat, 5> formats{FormatNumber(0), FormatNumber(1), FormatNumber(2),
                                                 FormatNumber(3), FormatNumber(4)};
  const std::string_view text(reinterpret_cast<const char*>(data) + 1, size - 1);
  const policy::TimePoint now{std::chrono::seconds(1'773'576'000)};
  const auto snapshot = formats.at(data[0] % formats.size()).parse(text, now, 10'000);
  if (!snapshot) return 0;
  std::uint64_t counted = snapshot->observations.size() + snapshot->passed_over;
  for (const auto& [reason, rows] : snapshot->rejected_by_reason) counted += rows;
  for (const auto& [what, rows] : snapshot->context) counted += rows;
  Require(counted <= snapshot->rows_total, "each row counts once");
  for (const policy::Observation& seen : snapshot->observations) {
    Require(seen.first_seen <= seen.last_seen, "first seen is not after last seen");
    Require(policy::KindOf(seen.indicator) != policy::IndicatorKind::file_hash,
            "hashes are context");
    for (const std::string* each : {&seen.malware, &seen.tags, &seen.reference}) {
      Require(policy::IsUtf8(*each), "texts are UTF-8");
    }
  }
  return 0;
}
