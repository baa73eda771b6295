#include "agent/traffic/bind_query_log.h"

#include <array>
#include <charconv>

namespace agent::traffic {
namespace {

using policy::TimePoint;
using namespace std::chrono;
using namespace std::string_view_literals;

constexpr std::size_t time_size = "24-Nov-2026 07:26:50"sv.size();

unsigned NumberIn(std::string_view text) {
  unsigned number = 0;
  const auto [stop, error] = std::from_chars(text.data(), text.data() + text.size(), number);
  return error == std::errc() && stop == text.data() + text.size() ? number : 9999;
}

// "24-Nov-2026 07:26:50"
std::optional<TimePoint> LocalTime(std::string_view text) {
  constexpr std::string_view months = "JanFebMarAprMayJunJulAugSepOctNovDec";
  const std::size_t month = months.find(text.substr(3, 3));
  const unsigned hour = NumberIn(text.substr(12, 2));
  const unsigned minute = NumberIn(text.substr(15, 2));
  const unsigned second = NumberIn(text.substr(18, 2));
  const year_month_day date{year(static_cast<int>(NumberIn(text.substr(7, 4)))),
                            std::chrono::month(static_cast<unsigned>(month / 3 + 1)),
                            day(NumberIn(text.substr(0, 2)))};
  if (month % 3 != 0 || !date.ok() || hour > 23 || minute > 59 || second > 60) return std::nullopt;
  return sys_days(date) + hours(hour) + minutes(minute) + seconds(second);
}

// At the line's start, in any form of print-time.
std::optional<TimePoint> TimeOf(std::string_view line, seconds utc_offset) {
  if (line.size() < time_size) return std::nullopt;
  if (line[2] == '-') {
    const auto local = LocalTime(line);
    return local ? std::optional(*local - utc_offset) : std::nullopt;
  }
  // "2026-11-24T07:26:50.668Z" and, of `iso8601`, the same without zone.
  const std::string_view word = line.substr(0, line.find(' '));
  const bool is_utc = word.ends_with('Z');
  const auto time = policy::ParseTime(std::string(word) + (is_utc ? "" : "Z"));
  if (!time) return std::nullopt;
  return is_utc ? *time : *time - utc_offset;
}

}  // namespace

LineResult ReadBindQuery(std::string_view line, seconds utc_offset) {
  const auto at = TimeOf(line, utc_offset);
  if (!at) return tl::unexpected("no time as BIND's print-time writes it"sv);
  constexpr std::string_view client_begins = "client ";
  constexpr std::string_view query_begins = ": query: ";
  const std::size_t client_at = line.find(client_begins);
  const std::size_t query_at = line.find(query_begins, client_at);
  if (client_at == line.npos || query_at == line.npos) return std::nullopt;
  std::string_view client = line.substr(client_at + client_begins.size());
  // Since 9.11 an object's address stands before the client's.
  if (client.starts_with('@'))
    client.remove_prefix(std::min(client.find(' '), client.size() - 1) + 1);
  client = client.substr(0, client.find_first_of("# "));
  if (client.empty() || client_at + client_begins.size() > query_at) {
    return tl::unexpected("no client"sv);
  }
  const std::string_view query = line.substr(query_at + query_begins.size());
  const auto name = policy::Domain::Parse(query.substr(0, query.find(' ')));
  if (!name) return std::nullopt;
  return Request{.at = *at, .client = std::string(client), .name = *name};
}

}  // namespace agent::traffic
