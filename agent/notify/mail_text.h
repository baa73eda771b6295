#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "policy/time.h"

// Mails as text: RFC 5322, MIME and RFC 2047. Pure.
namespace agent::notify {

struct Mail {
  std::string from;  // an address alone
  std::vector<std::string> to;
  std::string subject;  // UTF-8; a control character becomes a blank
  std::string body;     // UTF-8 text, lines ending in "\n"
  std::string id;       // of the message, without "<" and ">"
  policy::TimePoint at;
};

// The whole mail with CRLF, all of it ASCII, no line longer than 78 characters but for an address.
std::string MailText(const Mail& mail);

// "=?UTF-8?B?...?=" where it takes it, split so that each part is whole by itself.
std::string EncodedHeader(std::string_view text);

// Whether it is an address that needs no quoting: "soc@example.org".
bool IsMailAddress(std::string_view text);

}  // namespace agent::notify
