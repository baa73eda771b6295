#pragma once

#include <array>
#include <cstddef>
#include <string>
#include <string_view>

#include "agent/feeds/eve_alert.h"
#include "agent/traffic/request.h"

namespace agent::traffic {

// Reads lines of Zeek's dns.log, http.log, ssl.log and conn.log, as tab-separated text or JSON;
// which of them it is shows in the fields. They tell the name asked for, the host and URL of plain
// http, the server name of TLS, the address of a connection. Only what our own end began counts.
//
// Of a TLS connection without server name, a third of real ones, ssl.log tells nothing; conn.log
// has its address. Pure, but for the columns that it remembers; not thread-safe.
class ZeekLog {
 public:
  explicit ZeekLog(feeds::HomeNet home) : home_(std::move(home)) {}

  // `header` is the "#fields" line that holds for `line`; one that is such a line replaces it.
  LineResult Read(std::string_view line, std::string& header);

 private:
  enum Field : std::uint8_t {
    ts,
    orig,
    resp,
    resp_port,
    query,
    server_name,
    host,
    uri,
    conn_state
  };
  static constexpr std::size_t field_count = conn_state + 1;
  static constexpr std::array<std::string_view, field_count> names{
      "ts",          "id.orig_h", "id.resp_h", "id.resp_p", "query",
      "server_name", "host",      "uri",       "conn_state"};
  using Fields = std::array<std::string, field_count>;  // empty: unset, or not there

  bool ReadTabs(std::string_view line, const std::string& header, Fields& fields);
  static bool ReadJson(std::string_view line, Fields& fields);
  void NoteColumns(const std::string& header);
  LineResult RequestOf(const Fields& fields) const;

  feeds::HomeNet home_;
  std::string header_;  // that `columns_` are of
  std::array<std::size_t, field_count> columns_{};
};

}  // namespace agent::traffic
