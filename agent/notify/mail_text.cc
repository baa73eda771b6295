#include "agent/notify/mail_text.h"

#include <absl/time/time.h>

#include <algorithm>

#include "platform/encoding.h"
#include "policy/ascii.h"

namespace agent::notify {
namespace {

constexpr std::size_t word_bytes_max = 39;  // 52 in Base64; with its frame, and "Subject: ", 75
constexpr std::size_t line_bytes_max = 57;  // 76 in Base64

bool IsContinuation(char c) {
  return (static_cast<unsigned char>(c) & 0xc0U) == 0x80;
}

std::string Inert(std::string_view text) {
  std::string inert(text);
  for (char& c : inert) {
    if (static_cast<unsigned char>(c) < 0x20 || c == 0x7f) c = ' ';
  }
  return inert;
}

std::string DateOf(policy::TimePoint at) {
  return absl::FormatTime("%a, %d %b %Y %H:%M:%S +0000",
                          absl::FromUnixSeconds(at.time_since_epoch().count()),
                          absl::UTCTimeZone());
}

}  // namespace

std::string EncodedHeader(std::string_view text) {
  const std::string inert = Inert(text);
  if (policy::IsAscii(inert) && inert.size() <= 60 && inert.find("=?") == inert.npos) return inert;
  std::string encoded;
  for (std::string_view rest = inert; !rest.empty();) {
    std::size_t size = std::min(rest.size(), word_bytes_max);
    while (size < rest.size() && size > 1 && IsContinuation(rest[size])) --size;
    if (!encoded.empty()) encoded += "\r\n ";
    encoded += "=?UTF-8?B?" + platform::ToBase64(rest.substr(0, size)) + "?=";
    rest.remove_prefix(size);
  }
  return encoded;
}

std::string MailText(const Mail& mail) {
  std::string to;
  for (const std::string& address : mail.to) to += (to.empty() ? "" : ",\r\n ") + address;
  std::string text = "Date: " + DateOf(mail.at) + "\r\nFrom: Sekisho <" + mail.from +
                     ">\r\nTo: " + to + "\r\nSubject: " + EncodedHeader(mail.subject) +
                     "\r\nMessage-ID: <" + mail.id +
                     ">\r\nAuto-Submitted: auto-generated\r\nMIME-Version: 1.0\r\n"
                     "Content-Type: text/plain; charset=UTF-8\r\n"
                     "Content-Transfer-Encoding: base64\r\n\r\n";
  std::string body;
  for (const char c : mail.body) {
    if (c == '\n') body += '\r';
    body += c;
  }
  for (std::string_view rest = body; !rest.empty();) {
    const std::size_t size = std::min(rest.size(), line_bytes_max);
    text += platform::ToBase64(rest.substr(0, size)) + "\r\n";
    rest.remove_prefix(size);
  }
  return text;
}

bool IsMailAddress(std::string_view text) {
  const auto at = text.find('@');
  return at != 0 && at != text.npos && at + 1 < text.size() && text.size() <= 254 &&
         std::all_of(text.begin(), text.end(),
                     [](char c) {
                       return policy::IsLetter(c) || policy::IsDigit(c) ||
                              std::string_view("@.!#$%&'*+-/=?^_`{|}~").find(c) !=
                                  std::string_view::npos;
                     }) &&
         std::count(text.begin(), text.end(), '@') == 1;
}

}  // namespace agent::notify
