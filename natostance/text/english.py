"""Word lists of English news copy that sentence segmentation consults.

All are in lower case unless the comment says otherwise, and abbreviations have no final full stop.
"""

from __future__ import annotations


def _words(listing: str) -> frozenset[str]:
    return frozenset(listing.split())


# A full stop behind these hardly ever ends a sentence: a name follows ...
TITLES = _words(
    """
    adm amb assoc asst atty brig capt cdr cdre cllr cmdr col cols comdr cpl cpt dep det dir ens flt
    fr gen gens gov govs gp hon insp ldr lt ltc maj messrs mgr mlle mme mr mrs ms msgr msgt pfc pres
    prof profs pvt radm rep reps rev rt sec sen sens sgt sgts spc sqn sra ssgt supt vadm wg
    """
)
# ... or something else that they need.
PREFIXES = _words("approx c ca cf e.g eg i.e ie incl mt v viz vs")

# Behind these a number follows, and then the full stop ends nothing.
NUMBERED = _words("art ch cl eq ext fig figs no nos nr p para paras pop pp sect tel ver vol vols")

# Months and days, as written: "Jan." and "JAN.", but "mar." or "sat." may be a word.
_DATES = (
    "Jan Feb Mar Apr Jun Jul Aug Sep Sept Oct Nov Dec Mon Tue Tues Wed Thu Thur Thurs Fri Sat Sun"
)
DATES = _words(f"{_DATES} {_DATES.upper()} jan feb apr jun jul aug sept oct nov dec tues thurs fri")

# A full stop behind these ends the sentence where a capital follows, with few exceptions.
COMPANIES = _words("a.g b.v co corp cos inc llc ltd mfg n.v p.l.c plc pte pty s.a s.p.a")
CLOSERS = COMPANIES | _words("etc")
ROLES = _words(
    """
    analyst analysts boss ceo cfo chair chairman chairwoman chief coo cto deputy director
    editor engineer executive executives founder general head manager managing owner president
    secretary senior spokesman spokesperson spokeswoman treasurer vice
    """
)

# A full stop behind these ends the sentence only if the next word looks like a beginning.
AMBIGUOUS = _words(
    """
    al assn ave blvd bros dept dist dr esq ft inst intl jr ln natl rd ret sq sr st univ
    """
)
# ... and so with states, but only if written with a capital: "ill." and "wash." may be words.
STATES = _words(
    """
    ala ariz ark calif colo conn del fla ga ill ind kan ky la mass md mich minn miss mo mont neb nev
    okla ore pa penn tenn tex va vt wash wis wyo
    """
)

# Nouns that a single letter belongs to: "Plan B."
LETTERED = _words(
    """
    annex appendix article battery block category chapter class company division exhibit gate grade
    group hut level option part phase plan platoon point route schedule section sector team type
    unit version vitamin war zone
    """
)

# Words behind which "I." is the pronoun, not an initial: "So have I."
BEFORE_I = _words("am can could did do had have may might must shall should than was will would")

# Words that begin a sentence and seldom follow an abbreviation inside one ...
BEGINNERS = _words(
    """
    a additionally again all also although an another any anyone anything apparently because both
    but clearly consequently each earlier either else elsewhere even eventually every everybody
    everyone everything few fewer finally fortunately furthermore he hence her here his how however
    i if indeed instead it its last later less let little many maybe me meanwhile more moreover most
    much my neither nevertheless next no nobody none nonetheless nor not nothing now often once only
    other others our perhaps quite rather recently reportedly several she since so some somebody
    someone something sometimes soon still such suddenly that the their then there therefore these
    they this those though thus today tomorrow tonight unfortunately unless until we what when
    whenever where whereas whether which while who whom whose why yesterday yet you your
    """
)
# ... and words that do so only where a capital shows it.
LINKERS = _words(
    """
    about above according across after against ahead aides along alongside amid among analysts and
    are around as asked at before behind below besides between beyond by can could critics despite
    did diplomats do does dozens during eight except experts five following for four from given had
    has have hundreds in inside into is like must near nine of officials on opponents or outside
    over people per seven should six supporters talks ten than thousands three through to together
    toward towards two under unlike up upon was were will with within without would
    """
)
# "U.S. Under Secretary": not a beginning there, though "Under fire, ..." would be one.
OPENERS = (BEGINNERS | LINKERS) - {"under", "than", "last"}

# A line that ends with one of these runs on into the next.
UNFINISHED = _words(
    """
    a an and as at but by from her his into its my of or our than that the their to via which whose
    with your
    """
)

# What follows a time of day inside a sentence: "3 p.m. Thursday", "3 p.m. Moscow time".
ZONES = _words(
    """
    bst cest cet cst eastern edt eest eet est et gmt ist jst mdt msk mst pacific pdt pst pt utc
    """
)
CALENDAR = _words(
    """
    april august december february friday january july june march may monday november october
    saturday september sunday thursday tuesday wednesday
    """
) | {date.lower() for date in DATES}

# Verbs of an attribution behind a quotation: '"Is it over?" Dr. Cordell asked.'
SPEECH_VERBS = _words(
    """
    added admitted announced answered asked asks began called complained continued cried declared
    demanded exclaimed explained inquired insisted insists joked laughed mused muttered posted
    queried quipped recalled remarked repeated replied replies responded roared said says screamed
    shouted snapped thundered told tweeted wanted whispered wondered wonders writes wrote yelled
    """
)

# Ends of addresses and file names, in which a full stop without a space is no end of a sentence.
SUFFIXES = _words(
    """
    ai app biz co com csv de doc docx eu exe fm fr gif gov html info io ir jpeg jpg js json me mil
    mp3 mp4 net org pdf php png ppt pptx pro py rtf ru su tv txt ua uk us xls xlsx xml zip
    """
)
