# cmake -D INPUT=file,file... -D FOLDER=folder -D FUNCTION=name -D OUTPUT=file.cpp -P embed.cmake
# Writes a source file whose function lockstep::data::FUNCTION() returns the text of the files of
# FOLDER, one after the other.

string(REPLACE "," ";" files "${INPUT}")
set(text "")
foreach(file IN LISTS files)
  file(READ "${FOLDER}/${file}" part)
  string(APPEND text "${part}")
endforeach()
string(FIND "${text}" ")embedded\"" end)
if(NOT end EQUAL -1)
  message(FATAL_ERROR "${INPUT} holds the text that ends a raw string literal")
endif()
# A literal has its limits with compilers (65,536 bytes, and less of one piece), an array has none.
set(pieces "")
string(LENGTH "${text}" length)
set(place 0)
while(place LESS length)
  string(SUBSTRING "${text}" ${place} 16000 piece)
  string(APPEND pieces "R\"embedded(${piece})embedded\",\n")
  math(EXPR place "${place} + 16000")
endwhile()
file(WRITE "${OUTPUT}" "// Generated from ${INPUT}; change these instead.

#include \"data/${FUNCTION}.h\"

#include <string>

namespace lockstep::data {

std::string_view ${FUNCTION}() {
  static const std::string text = [] {
    std::string joined;
    for (const char* const piece : {
${pieces}}) {
      joined += piece;
    }
    return joined;
  }();
  return text;
}

}  // namespace lockstep::data
")
