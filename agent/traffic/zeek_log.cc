#include "agent/traffic/zeek_log.h"

#include <charconv>
#include <limits>
#include <utility>

#include <nlohmann/json.hpp>

namespace agent::traffic {
namespace {

using Json = nlohmann::json;
using policy::IpPrefix;
using policy::TimePoint;
using namespace std::string_view_literals;

constexpr std::size_t no_column = std::numeric_limits<std::size_t>::max();
constexpr std::string_view fields_begin = "#fields\t";

// "1521911720.865716", or, of JSON that is so configured, "2018-03-24T17:15:21.789543Z".
std::optional<TimePoint> TimeOf(const std::string& text) {
  std::int64_t seconds = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, error] = std::from_chars(text.data(), end, seconds);
  const bool is_number = error == std::errc() && (stop == end || *stop == '.');
  if (is_number && seconds >= 0) return TimePoint(std::chrono::seconds(seconds));
  const auto time = policy::ParseTime(text);
  return time ? std::optional(*time) : std::nullopt;
}

}  // namespace

void ZeekLog::NoteColumns(const std::string& header) {
  header_ = header;
  columns_.fill(no_column);
  std::string_view rest = std::string_view(header).substr(fields_begin.size());
  for (std::size_t column = 0; !rest.empty(); ++column) {
    const std::string_view name = rest.substr(0, rest.find('\t'));
    for (std::size_t i = 0; i < names.size(); ++i) {
      if (names[i] == name) columns_[i] = column;
    }
    rest.remove_prefix(std::min(rest.size(), name.size() + 1));
  }
}

bool ZeekLog::ReadTabs(std::string_view line, const std::string& header, Fields& fields) {
  if (!header.starts_with(fields_begin)) return false;
  if (header != header_) NoteColumns(header);
  std::size_t column = 0;
  for (std::size_t at = 0; at <= line.size(); ++column) {
    const std::size_t end = std::min(line.find('\t', at), line.size());
    const std::string_view value = line.substr(at, end - at);
    at = end + 1;
    for (std::size_t i = 0; i < columns_.size(); ++i) {
      if (columns_[i] == column && value != "-" && value != "(empty)") fields[i] = value;
    }
  }
  return column > 1;
}

bool ZeekLog::ReadJson(std::string_view line, Fields& fields) {
  const Json json = Json::parse(line, nullptr, false);
  if (!json.is_object()) return false;
  for (std::size_t i = 0; i < names.size(); ++i) {
    const auto found = json.find(std::string(names[i]));
    if (found == json.end()) continue;
    if (found->is_string()) fields[i] = found->get<std::string>();
    if (found->is_number()) fields[i] = found->dump();
  }
  return true;
}

LineResult ZeekLog::RequestOf(const Fields& fields) const {
  const auto at = TimeOf(fields[ts]);
  if (!at) return tl::unexpected("no time"sv);
  const auto client = IpPrefix::Parse(fields[orig]);
  if (!client || !client->is_address()) return tl::unexpected("no address of a client"sv);
  if (!home_.Holds(*client)) return std::nullopt;
  Request request{.at = *at, .client = client->AddressString()};
  if (!fields[host].empty()) {
    TakeHttp(fields[host], fields[uri], fields[resp_port], request);
  } else if (!fields[conn_state].empty()) {
    const auto server = IpPrefix::Parse(fields[resp]);
    if (server && !home_.Holds(*server)) request.address = *server;
  } else if (const auto name = policy::Domain::Parse(fields[query].empty() ? fields[server_name]
                                                                           : fields[query])) {
    request.name = *name;
  }
  if (!request.name && !request.address) return std::nullopt;
  return request;
}

LineResult ZeekLog::Read(std::string_view line, std::string& header) {
  if (line.starts_with('#')) {
    if (line.starts_with(fields_begin)) header = line;
    return std::nullopt;
  }
  Fields fields;
  if (line.starts_with('{')) {
    if (!ReadJson(line, fields)) return tl::unexpected("no JSON object"sv);
  } else if (!ReadTabs(line, header, fields)) {
    return tl::unexpected("no line of Zeek's below a #fields line"sv);
  }
  return RequestOf(fields);
}

}  // namespace agent::traffic
