#include "agent/traffic/log_format.h"

#include <array>
#include <charconv>
#include <chrono>
#include <ctime>
#include <memory>

#include "agent/feeds/suricata_eve.h"
#include "agent/traffic/bind_query_log.h"
#include "agent/traffic/eve_log.h"
#include "agent/traffic/squid_access_log.h"
#include "agent/traffic/zeek_log.h"

namespace agent::traffic {
namespace {

using std::chrono::seconds;

seconds OffsetOfThisMachine() {
  const std::time_t now = std::time(nullptr);
  std::tm local{};
  ::localtime_r(&now, &local);
  return seconds(local.tm_gmtoff);
}

// "+09:00"
seconds ReadOffset(const config::Node& node) {
  if (!node.present()) return OffsetOfThisMachine();
  const std::string text = node.AsString();
  int hours = 0;
  int minutes = 0;
  const bool is_shaped = text.size() == 6 && (text[0] == '+' || text[0] == '-') && text[3] == ':' &&
                         std::from_chars(&text[1], &text[3], hours).ptr == &text[3] &&
                         std::from_chars(&text[4], text.data() + 6, minutes).ptr == &text[6];
  if (!is_shaped || hours < 0 || hours > 14 || minutes < 0 || minutes > 59) {
    node.Fail("has to be what the log's time is ahead of UTC: \"+09:00\"");
    return seconds(0);
  }
  const seconds size = std::chrono::hours(hours) + std::chrono::minutes(minutes);
  return text[0] == '-' ? -size : size;
}

ReadLine MakeBind(const config::Node& log) {
  return [offset = ReadOffset(log.Optional("utc_offset"))](std::string_view line, std::string&) {
    return ReadBindQuery(line, offset);
  };
}

ReadLine MakeSquid(const config::Node& /*log*/) {
  return [](std::string_view line, std::string&) { return ReadSquidAccess(line); };
}

ReadLine MakeZeek(const config::Node& log) {
  auto zeek = std::make_shared<ZeekLog>(feeds::ReadHomeNet(log.Optional("home_net")));
  return [zeek](std::string_view line, std::string& header) { return zeek->Read(line, header); };
}

ReadLine MakeEve(const config::Node& log) {
  return [home = feeds::ReadHomeNet(log.Optional("home_net"))](
             std::string_view line, std::string&) { return ReadEveLog(line, home); };
}

constexpr auto log_formats = std::to_array<LogFormat>({
    {"bind-query-log", MakeBind},
    {"squid-access-log", MakeSquid},
    {"zeek", MakeZeek},
    {"suricata-eve", MakeEve},
});

}  // namespace

std::span<const LogFormat> LogFormats() {
  return log_formats;
}

}  // namespace agent::traffic
