// sekisho-squid-acl [--block-without-list] FILE: Squid's external ACL helper. It reads
// "CHANNEL REQUEST -" lines and answers "CHANNEL OK" if FILE blocks the request, else "CHANNEL
// ERR". While there is no good FILE, and there was none since the start, it answers as it was told
// to: a third answer, "BH", would have Squid deny the request in either case.

#include <iostream>
#include <string>
#include <string_view>

#include "exporters/squid/mapped_list.h"

namespace {

// What stands between the channel and the "-" that Squid writes for the ACL's absent arguments.
std::string_view RequestIn(std::string_view rest) {
  if (rest.ends_with(" -")) rest.remove_suffix(2);
  return rest;
}

// Answers requests until there are no more.
void Serve(exporters::squid::MappedList& file, bool block_without_list) {
  std::string line;
  std::string told;
  while (std::getline(std::cin, line)) {
    const std::string_view text = line;
    const auto space = text.find(' ');
    const auto* const list = file.Newest();
    if (file.problem() != told) {
      told = file.problem();
      // Squid writes it to cache.log.
      if (!told.empty()) std::cerr << "sekisho-squid-acl: " << told << "\n";
    }
    const std::string_view request =
        space == text.npos ? std::string_view{} : RequestIn(text.substr(space + 1));
    const bool blocks = list != nullptr ? list->Blocks(request) : block_without_list;
    std::cout << text.substr(0, space) << (blocks ? " OK\n" : " ERR\n");
    // Answers of requests that came together go together.
    if (std::cin.rdbuf()->in_avail() <= 0) std::cout << std::flush;
  }
}

}  // namespace

int main(int argc, char** argv) {
  const bool block_without_list = argc == 3 && argv[1] == std::string_view("--block-without-list");
  if (argc != 2 && !block_without_list) {
    std::cerr << "usage: sekisho-squid-acl [--block-without-list] FILE (started by Squid)\n";
    return 2;
  }
  std::ios::sync_with_stdio(false);
  std::cin.tie(nullptr);
  exporters::squid::MappedList file(argv[argc - 1]);
  Serve(file, block_without_list);
  std::cout << std::flush;
  return 0;
}
