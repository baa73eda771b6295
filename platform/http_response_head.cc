#include "platform/http_response_head.h"

#include <fmt/core.h>

#include <algorithm>
#include <array>
#include <ctime>
#include <string_view>

#include "platform/log.h"
#include "policy/ascii.h"

namespace platform {
namespace {

std::string_view ReasonPhrase(int status) {
  switch (status) {
    case 200: return "OK";
    case 204: return "No Content";
    case 304: return "Not Modified";
    case 400: return "Bad Request";
    case 401: return "Unauthorized";
    case 403: return "Forbidden";
    case 404: return "Not Found";
    case 405: return "Method Not Allowed";
    case 408: return "Request Timeout";
    case 413: return "Content Too Large";
    case 431: return "Request Header Fields Too Large";
    case 500: return "Internal Server Error";
    case 501: return "Not Implemented";
    case 503: return "Service Unavailable";
    case 505: return "HTTP Version Not Supported";
    default: return "";  // RFC 9112 section 4: may be empty
  }
}

// RFC 9110 section 5.6.7: always English, so not by strftime and the locale.
std::string HttpDate() {
  static constexpr std::array kDays = {"Sun", "Mon", "Tue", "Wed", "Thu", "Fri", "Sat"};
  static constexpr std::array kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                         "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const std::time_t now = std::time(nullptr);
  std::tm utc{};
  gmtime_r(&now, &utc);
  return fmt::format("{}, {:02} {} {} {:02}:{:02}:{:02} GMT",
                     kDays[static_cast<std::size_t>(utc.tm_wday)], utc.tm_mday,
                     kMonths[static_cast<std::size_t>(utc.tm_mon)], utc.tm_year + 1900, utc.tm_hour,
                     utc.tm_min, utc.tm_sec);
}

// Headers that only the server may set.
bool IsFraming(const HttpHeader& header) {
  static constexpr std::array<std::string_view, 4> kNames = {"Content-Length", "Transfer-Encoding",
                                                             "Connection", "Date"};
  return std::ranges::any_of(
      kNames, [&](std::string_view name) { return policy::EqualsIgnoringCase(header.name, name); });
}

}  // namespace

std::string MakeResponseHead(const HttpServerResponse& response, bool keep_alive) {
  std::string head = fmt::format("HTTP/1.1 {} {}\r\nDate: {}\r\n", response.status,
                                 ReasonPhrase(response.status), HttpDate());
  for (const HttpHeader& header : response.headers) {
    if (IsFraming(header)) continue;
    if (IsValidHeader(header)) {
      head.append(header.name).append(": ").append(header.value).append("\r\n");
    } else {
      // A CR LF in it would let whoever chose the value write a response of their own.
      Error("http server: dropped the response header {}, which is not valid", header.name);
    }
  }
  if (response.stream) {
    head += "Transfer-Encoding: chunked\r\n";
    return head + (keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
  }
  // RFC 9110 section 8.6: none in 204; in 304 it would have to be that of the 200.
  if (response.status != 204 && response.status != 304) {
    head += fmt::format("Content-Length: {}\r\n", response.body ? response.body->size() : 0);
  }
  return head + (keep_alive ? "\r\n" : "Connection: close\r\n\r\n");
}

}  // namespace platform
