// sekisho-squid-acl FILE: Squid's external ACL helper. It reads "CHANNEL REQUEST -" lines and
// answers "CHANNEL OK" if FILE blocks the request, else "CHANNEL ERR". While there is no FILE it
// answers BH ("broken helper"), which Squid logs.

#include <iostream>
#include <string>
#include <string_view>

#include "exporters/squid/request_list.h"

namespace {

// What stands between the channel and the "-" that Squid writes for the ACL's absent arguments.
std::string_view RequestIn(std::string_view rest) {
  if (rest.ends_with(" -")) rest.remove_suffix(2);
  return rest;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: sekisho-squid-acl FILE (started by Squid)\n";
    return 2;
  }
  std::ios::sync_with_stdio(false);
  exporters::squid::MappedList list(argv[1]);
  std::string line;
  while (std::getline(std::cin, line)) {
    const std::string_view text = line;
    const auto space = text.find(' ');
    const std::string_view channel = text.substr(0, space);
    if (space == text.npos) {
      std::cout << channel << " BH message=\"no request\"\n" << std::flush;
      continue;
    }
    const char* answer = " BH message=\"sekisho: no list yet\"\n";
    if (list.Refresh()) {
      answer = exporters::squid::IsBlocked(list.Lines(), RequestIn(text.substr(space + 1)))
                   ? " OK\n"
                   : " ERR\n";
    }
    std::cout << channel << answer << std::flush;
  }
  return 0;
}
