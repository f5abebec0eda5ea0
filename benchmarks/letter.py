"""Letter Recognition (Frey & Slate, 1991) as a CSV for `--data table`: 16,000 train and 4,000 test rows, 16 numbers.

apt-get download r-cran-mlbench && dpkg -x r-cran-mlbench_*.deb mlbench && pip install rdata==1.1.0
python benchmarks/letter.py mlbench/usr/lib/R/site-library/mlbench/data/LetterRecognition.rda letter.csv
"""

import argparse

import rdata

TRAIN = 16_000


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("rda", help="LetterRecognition.rda of R's package mlbench")
    parser.add_argument("csv", help="file to write: a label column lettr, a column split, the 16 numbers")
    args = parser.parse_args()
    table = rdata.read_rda(args.rda)["LetterRecognition"]
    table["split"] = ["train"] * TRAIN + ["test"] * (len(table) - TRAIN)
    table.to_csv(args.csv, index=False)


if __name__ == "__main__":
    main()
